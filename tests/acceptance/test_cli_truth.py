"""Everyday views tell the truth: the dead are not shown as going on, what is open not as running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS
from support.command_line import rochallor
from support.engines import running_engine
from support.workflows import decision, do_jobs, end, gateway, join, service, uploaded, user_task, wait
from workflow_sdk.client.rest import RestEngineClient


@dataclass(frozen=True)
class Heap:
    """A dead instance, one that is open at all three kinds of places, and one that ended with a task left open."""

    url: str
    dead: str
    open: str
    left: str


@pytest.fixture(scope="module", params=[ENGINE_VERSIONS[0], ENGINE_VERSIONS[-1]])
def heap(request: pytest.FixtureRequest) -> Iterator[Heap]:
    with running_engine(engine_version=request.param) as engine, RestEngineClient(engine.url) as client:
        uploaded(client, decision("d", {"n > 1": "only", "n <= 1": "end"}), service("only", None), id_="dead")
        dead = client.start_instance("dead", {"n": 2})["id"]
        do_jobs(client, "only")
        split = gateway("split", ["ask", "hold", "work"])
        uploaded(
            client, split, user_task("ask", "meet"), wait("hold", "meet"),
            service("work", "meet", job_type="work-type"), join(), id_="open",
        )  # fmt: skip
        is_open = client.start_instance("open")["id"]
        uploaded(
            client, gateway("split", ["quick", "ask"]), service("quick", "end"), user_task("ask", "meet"),
            join(next_step="end"), end(), id_="left",
        )  # fmt: skip
        left = client.start_instance("left")["id"]
        do_jobs(client, "quick")
        yield Heap(engine.url, dead, is_open, left)


VIEWS = [
    ("instances", "get", "{}"),
    ("instances", "history", "{}"),
    ("instances", "history", "{}", "--view", "timeline"),
    ("instances", "history", "{}", "--view", "tree"),
    ("defs", "graph", "--instance", "{}"),
]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("view", VIEWS, ids=" ".join)
def test_a_dead_instance_is_shown_as_dead(heap: Heap, view: tuple[str, ...], terminal: bool) -> None:
    result = rochallor(*(word.format(heap.dead) for word in view), url=heap.url, terminal=terminal)
    assert ", nothing can move it (W304)" in result.stdout + result.stderr
    alive = rochallor(*(word.format(heap.open) for word in view), url=heap.url, terminal=terminal)
    assert "nothing can move" not in alive.stdout + alive.stderr


@pytest.mark.parametrize("view", VIEWS, ids=" ".join)
def test_what_is_open_is_not_called_running(heap: Heap, view: tuple[str, ...]) -> None:
    for instance in (heap.open, heap.left):
        result = rochallor(*(word.format(instance) for word in view), url=heap.url)
        assert "running" not in result.stdout.lower().replace("runs", "")


def test_an_instance_shows_what_each_open_step_waits_for_and_its_age(heap: Heap) -> None:
    text = rochallor("instances", "get", heap.open, url=heap.url).stdout
    assert "work  waits for a worker that serves work-type, or runs at one, for " in text
    assert "ask  waits for a person, for " in text
    assert "hold  waits for a signal, for " in text
    assert ("\nage " in text, "\ntook " in text) == (True, False)
    ended = rochallor("instances", "get", heap.left, url=heap.url).stdout
    assert ("\nage " in ended, "\ntook " in ended) == (False, True)
    assert "left open" in ended


def test_a_history_names_job_types_and_whom_each_step_waits_for(heap: Heap) -> None:
    text = rochallor("instances", "history", heap.open, url=heap.url).stdout
    assert "SERVICE_TASK work-type" in text
    for words in ("waits for a worker, or runs", "waits for a person", "waits for a signal", "OPEN FOR"):
        assert words in text
    left = rochallor("instances", "history", heap.left, url=heap.url).stdout
    assert next(line for line in left.splitlines() if line.split()[0] == "ask").count("left open") == 1


def test_programs_get_what_the_engine_says(heap: Heap) -> None:
    for command in (("get", heap.dead), ("history", heap.dead)):
        result = rochallor("instances", *command, "-o", "json", "-v", url=heap.url)
        assert "nothing can move" not in result.stdout + result.stderr
        assert len([line for line in result.stderr.splitlines() if "/v1/" in line]) == 1


def test_a_tree_is_in_order_of_time() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(
            client, gateway("split", ["a", "b"]), service("a", "meet", conditionalNextSteps={"n > 1": "late"}),
            service("late", "meet"), user_task("b", "meet"), join(), id_="ordered",
        )  # fmt: skip
        instance = client.start_instance("ordered", {"n": 2})["id"]
        do_jobs(client, "a")
        lines = rochallor("instances", "history", instance, "--view", "tree", url=engine.url).lines()
        names = [line.split("─ ")[1].split()[0] for line in lines if "─ " in line]
        assert names.index("b") < names.index("late")


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_views_fit_the_terminal(heap: Heap, columns: int) -> None:
    for view in VIEWS[1:4]:
        result = rochallor(
            *(word.format(heap.open) for word in view), "--color", "never",
            url=heap.url, terminal=True, columns=columns,
        )  # fmt: skip
        widest = max(map(len, result.stdout.splitlines()))
        assert widest <= max(columns, 66), result.stdout
