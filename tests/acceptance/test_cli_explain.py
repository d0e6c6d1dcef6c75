"""`instances explain` on instances in every kind of trouble, and on healthy ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from rochallor_cli.dev_engine import CODES, ENGINE_VERSIONS, DevEngine, HandClock, engine_rules
from support.command_line import Result, rochallor
from support.engines import running_engine
from support.workflows import (
    Document,
    decision,
    do_jobs,
    document,
    gateway,
    join,
    service,
    timer,
    transform,
    uploaded,
    user_task,
    wait,
)
from workflow_sdk.client.rest import RestEngineClient

SINCE_1 = ENGINE_VERSIONS[1:]
Do = Callable[[RestEngineClient, str], None]


def jobs(*types: str, fail: str = "") -> Do:
    def do(client: RestEngineClient, _: str) -> None:
        for job_type in types:
            do_jobs(client, job_type, fail=fail)

    return do


def completing(step: str) -> Do:
    def do(client: RestEngineClient, instance_id: str) -> None:
        client.complete_user_task(step, "me", {}, instance_id=instance_id)

    return do


def signalling(step: str) -> Do:
    def do(client: RestEngineClient, instance_id: str) -> None:
        client.signal(instance_id, step, {})

    return do


@dataclass(frozen=True)
class Shape:
    """A way to stand still: the steps, what is done, how long nothing happens; the codes to be said."""

    name: str
    steps: tuple[Document, ...]
    codes: list[str]
    done: tuple[Do, ...] = ()
    hours: float = 0.0
    versions: tuple[str, ...] = ENGINE_VERSIONS
    words: tuple[str, ...] = ()
    variables: dict[str, int] = field(default_factory=lambda: {"n": 2})


def at_once(id_: str) -> Document:
    return transform(id_, {id_: 1}, "meet")


STUCK = [
    Shape(
        "join-at-once",
        (gateway("split", ["a", "b"]), at_once("a"), at_once("b"), join()),
        ["W302"],
        versions=("0",),
    ),
    Shape(
        "join-branch-twice",
        (gateway("split", ["a", "a"]), service("a", "meet"), join()),
        ["W313"],
        (jobs("a", "a"),),
        versions=SINCE_1,
    ),
    Shape(
        "join-past-its-gateway",
        (
            decision("d", {"n > 1": "past", "n <= 1": "split"}),
            service("past", "meet"),
            gateway("split", ["a", "b"]),
            service("a", "meet"),
            service("b", "meet"),
            join(),
        ),
        ["W318"],
        (jobs("past"),),
        versions=SINCE_1,
    ),
    Shape(
        "no-way-on",
        (decision("d", {"n > 1": "only", "n <= 1": "end"}), service("only", None)),
        ["W304"],
        (jobs("only"),),
    ),
    Shape(
        "no-way-on-of-a-task",
        (decision("d", {"n > 1": "ask", "n <= 1": "end"}), user_task("ask", None)),
        ["W304"],
        (completing("ask"),),
    ),
    Shape(
        "duration",
        (service("first", "late"), service("late", boundaryEvents=[timer("PT0S", "end", interrupting=True)])),
        ["W403"],
        words=("PT0S",),
    ),
    Shape(
        "weeks",
        (
            user_task("first", "late"),
            service("late", boundaryEvents=[timer("P1W", "end", interrupting=False)]),
        ),
        ["W403"],
        words=("P1W",),
    ),
    Shape(
        "dangling",
        (service("first", "end", conditionalNextSteps={"true": "nowhere"}),),
        ["W305"],
        words=("nowhere",),
    ),
    Shape(
        "dangling-of-a-task", (user_task("first", "end", conditionalNextSteps={"true": "gone"}),), ["W305"]
    ),
    Shape("dangling-of-a-wait", (wait("first", "end", conditionalNextSteps={"true": "gone"}),), ["W305"]),
    Shape("join-without-gateway", (service("first", "meet"), join()), ["W306"]),
    Shape("join-without-gateway-of-a-task", (user_task("first", "meet"), join()), ["W306"]),
    Shape(
        "signal-missed",
        (
            wait("hold", "end", boundaryEvents=[timer("PT1M", "only", interrupting=True)]),
            service("only", None),
        ),
        ["W304"],
        (jobs("only"),),
        hours=1.0,
    ),
]


@pytest.fixture(scope="module", params=ENGINE_VERSIONS)
def engine(request: pytest.FixtureRequest) -> Iterator[DevEngine]:
    with running_engine(engine_version=request.param, clock=HandClock()) as engine:
        yield engine


@pytest.fixture(scope="module")
def client(engine: DevEngine) -> Iterator[RestEngineClient]:
    with RestEngineClient(engine.url) as client:
        yield client


def explained(engine: DevEngine, instance_id: str, *arguments: str, terminal: bool = False) -> Result:
    now = datetime.fromtimestamp(engine.config.clock.now_ns() / 1e9, UTC)
    return rochallor(
        "instances", "explain", instance_id, *arguments, url=engine.url, now=now, terminal=terminal
    )


def brought_about(engine: DevEngine, client: RestEngineClient, shape: Shape) -> str:
    uploaded(client, *shape.steps, id_=shape.name)
    instance_id: str = client.start_instance(shape.name, shape.variables)["id"]
    if shape.hours:
        engine.advance(hours=shape.hours)
    for do in shape.done:
        do(client, instance_id)
    return instance_id


@pytest.mark.parametrize("shape", STUCK, ids=lambda shape: shape.name)
def test_each_shape_of_a_stuck_instance_is_explained(
    engine: DevEngine, client: RestEngineClient, shape: Shape
) -> None:
    if engine.config.engine_version not in shape.versions:
        pytest.skip("this version does not get into this")
    instance_id = brought_about(engine, client, shape)
    result = explained(engine, instance_id, "-o", "json")
    found = result.json()
    assert (result.exit_status, found["verdict"], found["codes"]) == (7, "stuck", shape.codes)
    assert found["certain"] is True
    rules = engine_rules(engine.config.engine_version)
    assert all(CODES[code].holds_for(rules) for code in found["codes"])
    assert all(mover["answers500"] == "always" for mover in found["movedBy"])
    text = explained(engine, instance_id, terminal=True)
    assert (text.exit_status, "\\x1b" in text.stdout) == (7, False)
    assert "STUCK: nothing can move it" in text.stdout
    assert all(word in text.stdout for word in (*shape.words, shape.codes[0], "rochallor instances cancel"))


def test_what_would_move_it_is_named_with_the_command(engine: DevEngine, client: RestEngineClient) -> None:
    two_hours = timer("PT2H", "end", interrupting=True)
    steps = gateway("split", ["work", "ask", "hold"]), service("work", "meet"), join()
    uploaded(
        client, *steps, user_task("ask", "meet", boundaryEvents=[two_hours]), wait("hold", "meet"), id_="all"
    )
    instance = client.start_instance("all")
    result = explained(engine, instance["id"], "-o", "json")
    found = result.json()
    assert list(found) == [
        "id", "status", "verdict", "since", "movedBy", "reachableEnds", "leftOpen", "codes", "certain",
    ]  # fmt: skip
    assert (result.exit_status, found["verdict"], found["codes"]) == (0, "moves", [])
    assert found["reachableEnds"] == ["end"]
    kinds = {mover["kind"]: mover for mover in found["movedBy"]}
    assert set(kinds) == {"job", "user-task", "signal", "timer"}
    assert kinds["job"]["jobType"] == "work"
    assert kinds["user-task"]["command"] == f"rochallor tasks complete {instance['id']} ask --by YOU"
    assert kinds["signal"]["command"] == f"rochallor instances signal {instance['id']} hold"
    assert kinds["timer"]["at"].endswith("Z")


def test_a_job_that_must_return_something_is_no_reason_for_alarm() -> None:
    rate = {"properties": {"rate": {"type": "number"}}, "required": ["rate"]}
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("rate", outputs_schema=rate), id_="rated")
        instance_id: str = client.start_instance("rated")["id"]
        found = rochallor("instances", "explain", instance_id, "-o", "json", url=engine.url).json()
    assert (found["verdict"], found["reachableEnds"], found["certain"]) == ("moves", ["end"], True)
    assert [mover["answers500"] for mover in found["movedBy"]] == ["never"]


def test_a_waiting_job_has_a_way_to_serve_it_and_to_look_for_its_record(
    engine: DevEngine, client: RestEngineClient
) -> None:
    uploaded(client, service("s"), id_="job-due")
    instance_id = client.start_instance("job-due")["id"]
    text = explained(engine, instance_id, terminal=True)
    assert text.exit_status == 0
    assert "rochallor work --module handlers.py --job-type s" in text.stdout
    assert f"rochallor jobs find {instance_id} --brokers HOST:PORT" in text.stdout


def test_a_task_that_a_late_timer_has_overwritten_is_not_called_open() -> None:
    interrupted = timer("PT1M", "late", interrupting=True)
    steps = user_task("ask", "hold", boundaryEvents=[interrupted]), wait("hold"), service("late")
    with running_engine(clock=HandClock()) as engine, RestEngineClient(engine.url) as client:
        uploaded(client, *steps, id_="overwritten")
        instance_id: str = client.start_instance("overwritten")["id"]
        client.complete_user_task("ask", "me", {}, instance_id=instance_id)
        engine.advance(minutes=2)
        movers = explained(engine, instance_id, "-o", "json").json()["movedBy"]
        text = explained(engine, instance_id, terminal=True).stdout
    likely = {mover["step"]: mover.get("certain", True) for mover in movers}
    assert likely == {"hold": True, "late": True, "ask": False}
    assert "it was completed" in text
    assert "may still be open" in " ".join(text.split())


def test_nothing_is_called_stuck_that_some_engine_it_may_be_would_move() -> None:
    """Whether a task outlives its interruption is what versions differ in that nobody can tell apart by GETs."""
    dead = service("late", None)
    ask = user_task("ask", boundaryEvents=[timer("PT1M", "late", interrupting=True)])
    with (
        running_engine(engine_version="1.1.0", clock=HandClock()) as engine,
        RestEngineClient(engine.url) as client,
    ):
        uploaded(client, ask, dead, id_="survivor")
        instance_id: str = client.start_instance("survivor")["id"]
        engine.advance(minutes=2)
        do_jobs(client, "late")
        result = explained(engine, instance_id, "-o", "json")
        text = explained(engine, instance_id, terminal=True).stdout
        told = explained(engine, instance_id, "-o", "json", "--engine-version", "leases")
    found = result.json()
    assert (result.exit_status, found["verdict"], found["certain"]) == (0, "waits", False)
    assert [(mover["step"], mover["certain"]) for mover in found["movedBy"]] == [("ask", False)]
    assert "likely waits" in text
    assert "on some of the versions that the engine may be" in " ".join(text.split())
    assert (told.exit_status, told.json()["verdict"]) == (7, "stuck")


def test_ended_instances_have_their_status(engine: DevEngine, client: RestEngineClient) -> None:
    uploaded(client, service("ended-work"), id_="ended")
    failed, cancelled, done = (client.start_instance("ended")["id"] for _ in range(3))
    client.cancel_instance(cancelled, "no")
    [job] = [job for job in client.poll_jobs("me", ["ended-work"], 9) if job["instanceId"] == failed]
    client.fail_job(job["id"], "me", "broken", retryable=False)
    assert explained(engine, failed).exit_status == 9
    assert "ended-work failed: broken" in explained(engine, failed, terminal=True).stdout
    ended = explained(engine, cancelled, "-o", "json").json()
    assert (ended["verdict"], ended["leftOpen"]) == ("ended", ["ended-work"])
    assert "it has left open: ended-work" in explained(engine, cancelled, terminal=True).stdout
    assert explained(engine, cancelled).exit_status == 9
    assert explained(engine, done).exit_status == 0


def test_an_unknown_instance_is_not_found(engine: DevEngine) -> None:
    assert explained(engine, "01JD8Q3VZ6M0T2H8X4K7N5RWZK").exit_status == 6


def test_nothing_is_written(engine: DevEngine, client: RestEngineClient) -> None:
    uploaded(client, service("s"), id_="read-only")
    instance_id = client.start_instance("read-only")["id"]
    result = explained(engine, instance_id, "-v")
    requests = [line.split()[0] for line in result.stderr.splitlines() if "/v1/" in line]
    assert set(requests) == {"GET"}
    assert (
        len([line for line in result.stderr.splitlines() if instance_id in line or "definitions" in line])
        == 3
    )


def test_a_definition_with_newer_parts_is_explained_by_the_versions_that_read_it() -> None:
    with running_engine(engine_version="next") as newest, RestEngineClient(newest.url) as client:
        schema = {"properties": {"n": {"type": "number"}}}
        client.upload_definition({**document(service("s"), id_="schema"), "input_schema": schema})
        instance_id = client.start_instance("schema", {"n": 1})["id"]
        result = rochallor("instances", "explain", instance_id, "-o", "json", url=newest.url)
        assert (result.exit_status, result.json()["verdict"]) == (0, "moves")
