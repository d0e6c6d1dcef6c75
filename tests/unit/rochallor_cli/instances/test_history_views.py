"""History as a timeline and as a tree: fits the terminal, waits look like waits, nothing is invented."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rochallor_cli.configuration.environment import Environment
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.instances.history import timeline, tree
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import cells
from support.command_line import Stream
from support.workflows import document, gateway, join, service, timer, user_task

START = "2026-05-03T13:00:00Z"
NOW = datetime(2026, 5, 3, 14, 0, tzinfo=UTC)


def printer(columns: int = 100) -> Printer:
    environment = Environment(
        Stream(), Stream(terminal=True), Stream(), {"COLUMNS": str(columns), "NO_COLOR": "1"}, now=lambda: NOW
    )
    return Printer(environment, Settings())


def instance(status: str = "COMPLETED", end: str | None = "2026-05-03T13:01:12Z", **fields: object) -> dict:
    return {
        "id": "I", "definitionId": "loan", "definitionVersion": 4, "businessKey": "APP-1", "status": status,
        "startedAt": START, "completedAt": end, **fields,
    }  # fmt: skip


def execution(step: str, kind: str, start: str, end: str | None, **fields: object) -> dict:
    status = "RUNNING" if end is None else "COMPLETED"
    clock = "2026-05-03T13:{}Z"
    return {
        "id": step, "stepId": step, "stepType": kind, "status": status, "startedAt": clock.format(start),
        "endedAt": clock.format(end) if end else None, **fields,
    }  # fmt: skip


def bar(line: str) -> str:
    return "".join(character for character in line if character in "█░▏▶")


def test_each_bar_stands_where_its_step_ran_and_waits_are_lighter():
    rows = [
        execution("validate", "SERVICE_TASK", "00:00", "00:36"),
        execution("review", "USER_TASK", "00:36", "01:12"),
        execution("end", "END", "01:12", "01:12"),
    ]
    title, axis, validate, review, end = timeline(printer(), instance(), rows)
    assert title == "loan v4 · APP-1 · COMPLETED after 1m 12s"
    assert axis.split()[0] == "0s"
    assert (set(bar(validate)), set(bar(review)), bar(end)) == ({"█"}, {"░"}, "▏")
    assert abs(len(bar(validate)) - len(bar(review))) <= 1
    assert validate.index("█") == axis.index("0s")


def test_a_failure_has_its_reason_beneath_and_says_what_is_not_recorded():
    failed = execution("score", "SERVICE_TASK", "00:00", "01:12", status="FAILED", failureReason="no\nluck")
    lines = list(timeline(printer(), instance("FAILED"), [failed]))
    assert lines[-2].strip() == "no luck"
    assert lines[-1].strip() == "retries are not recorded by this engine"


def test_what_goes_on_is_open_and_what_an_ended_instance_left_is_said_to_be():
    rows = [execution("review", "USER_TASK", "00:00", None)]
    running = list(timeline(printer(), instance("WAITING", None), rows))
    assert running[0].endswith("WAITING for 1h")
    assert "▶" in running[2]
    assert running[2].endswith("waiting")
    assert list(timeline(printer(), instance("CANCELLED"), rows))[2].endswith("left open")


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_a_timeline_fits_its_terminal(columns: int):
    rows = [execution("a-step-with-a-rather-long-name-that-goes-on", "PARALLEL_GATEWAY", "00:00", "01:12")]
    rows += [execution(f"s{number}", "SERVICE_TASK", "00:00", "00:01") for number in range(3)]
    assert all(cells(line) <= columns for line in timeline(printer(columns), instance(), rows))


def test_an_instance_of_no_time_at_all_has_a_timeline():
    rows = [execution("end", "END", "00:00", "00:00")]
    assert len(list(timeline(printer(), instance(end=START), rows))) == 3
    assert next(iter(timeline(printer(), instance(end=START), []))).startswith("loan v4")


def test_a_tree_puts_branches_beneath_their_gateway_and_loops_on_one_line():
    definition = document(
        service("again", "split"),
        gateway("split", ["left", "right"]),
        service("left", "meet"),
        user_task("right", "meet", boundaryEvents=[timer("PT1H", "remind", interrupting=False)]),
        service("remind", "end"),
        join("meet", "end"),
    )
    kinds = {step["id"]: step["type"] for step in definition["steps"]}
    rows = [
        execution(step, kinds[step], "00:00", "00:01")
        for step in ("again", "again", "split", "left", "right", "remind", "meet")
    ]
    lines = list(tree(printer(), instance(), executions=rows, definition=definition))
    assert [line.split("  ")[0] for line in lines[1:3]] == ["├─ again", "├─ split"]
    assert "×2" in lines[1]
    assert [line[:9].rstrip() for line in lines[3:]] == ["│  ├─ lef", "│  └─ rig", "│     └─", "└─ meet"]
    assert "(timer PT1H)" in lines[5]


def test_steps_that_the_definition_does_not_know_are_shown_all_the_same():
    lines = list(
        tree(
            printer(),
            instance(),
            executions=[execution("ghost", "SERVICE_TASK", "00:00", None)],
            definition={},
        )
    )
    assert lines[1].startswith("└─ ghost")
