"""Engines and environments that send what nobody expects: escapes, odd rows, things of later versions."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from support.command_line import rochallor, rochallor_process
from support.command_table import commands
from support.scripted_server import Answer, route, stand_in
from support.waiting import wait_until
from workflow_sdk.client import deadline
from workflow_sdk.client.job_json import value_from_json

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
# C0, an escape sequence, DEL, C1, a change of direction, a second line, and what a shell would run.
HOSTILE = "x\x1b]0;owned\x07\x1b[2J\x7f\x9b31m\u202egnp.exe\u2066\ny; touch owned #"
RAW = ("\x1b]", "\x1b[2J", "\x07", "\x7f", "\x9b", "\u202e", "\u2066")
FORMATS = ("table", "wide", "json", "jsonl", "yaml", "csv", "name")


def hostile(method: str, path: str, body: bytes) -> Answer:
    """An engine that writes the hostile text wherever a text stands, but in the status of an instance."""
    where = route(path)
    instance = {
        "id": ID + HOSTILE,
        "definitionId": HOSTILE,
        "definitionVersion": 1,
        "status": "FAILED",
        "currentStepIds": [HOSTILE],
        "startedAt": HOSTILE,
        "businessKey": HOSTILE,
        "failureReason": HOSTILE,
        "variables": {HOSTILE: {HOSTILE: HOSTILE}},
    }
    if where == "/v1/jobs/poll":
        return 400, {"error": "bad-request", "reason": HOSTILE}
    if where == "/v1/instances":
        items = [{**instance, "status": "WAITING"}]
        return (200, {"items": items, "total": 1}) if method == "GET" else (201, instance)
    if where.endswith("/history"):
        row = {"ID": HOSTILE, "StepID": HOSTILE, "StepType": "USER_TASK", "Status": "RUNNING"}
        return 200, {"items": [{**row, "FailureReason": HOSTILE, "StartedAt": "2026-11-28T10:00:00Z"}]}
    if where == "/v1/definitions":
        item = {"id": HOSTILE, "version": 1, "name": HOSTILE, "uploadedAt": HOSTILE}
        return (200, {"items": [item], "total": 1}) if method == "GET" else (201, item)
    if where.startswith("/v1/definitions/"):
        step = {"id": HOSTILE, "name": HOSTILE, "type": "USER_TASK", "nextStep": HOSTILE, HOSTILE: HOSTILE}
        return 200, {"id": "one", "version": 1, "name": HOSTILE, "steps": [step], HOSTILE: HOSTILE}
    if method == "POST":
        return 409, {"error": "conflict", "reason": HOSTILE}
    return 200, instance


LINES = [
    *((*line, "-o", form) for form in FORMATS for line in (
        ("instances", "list"), ("instances", "get", ID), ("instances", "history", ID), ("tasks", "list"),
        ("defs", "list"), ("defs", "get", "one"), ("defs", "versions", "one"), ("instances", "start", "one"),
        ("instances", "cancel", ID), ("instances", "retry", ID), ("instances", "wait", ID), ("doctor",),
    )),
    ("instances", "history", ID, "--view", "timeline"), ("instances", "history", ID, "--view", "tree"),
    ("instances", "watch", ID), ("instances", "watch", ID, "-o", "jsonl"), ("defs", "graph", "one"),
    ("defs", "graph", "one", "--format", "svg"), ("defs", "graph", "one", "--instance", ID),
    ("instances", "signal", ID, HOSTILE), ("tasks", "complete", ID, HOSTILE), ("tasks", "complete", ID),
    ("instances", "get", ID, "-vv"), ("instances", "start", HOSTILE), ("instances", "cancel", HOSTILE),
    ("api", "GET", "/v1/instances"), ("api", "POST", "/v1/x", "-i"), ("config", "use", HOSTILE),
    ("instances", "list", "--status", HOSTILE), ("instances", "list", "--fields", HOSTILE),
    ("defs", "upload", HOSTILE), ("defs", "lint", HOSTILE), ("instances", "list", "--context", HOSTILE),
    ("instances", "start", "one", "--var", HOSTILE), ("completion", HOSTILE), (HOSTILE,),
]  # fmt: skip


@pytest.mark.parametrize(
    "line", LINES, ids=lambda line: "-".join(line)[:40].encode("unicode_escape").decode()
)
def test_nothing_reaches_a_terminal_that_it_would_obey(line: tuple[str, ...]) -> None:
    with stand_in(hostile) as there:
        result = rochallor(*line, url=there.url, terminal=True, columns=200, stdin="y\n")
    shown = result.stdout + result.stderr
    assert [raw for raw in RAW if raw in shown] == []
    assert result.exit_status != 1


def test_json_and_yaml_on_a_terminal_are_still_the_value() -> None:
    with stand_in(hostile) as there:
        result = rochallor("instances", "get", ID, "-o", "json", url=there.url, terminal=True)
    assert json.loads(result.stdout)["businessKey"] == HOSTILE


def test_a_command_to_copy_runs_nothing_else() -> None:
    step = "ok; touch owned #"

    def waits(method: str, path: str, body: bytes) -> Answer:
        if path.endswith("/history"):
            row = {"ID": "e", "StepID": step, "StepType": "USER_TASK", "Status": "RUNNING"}
            return 200, {"items": [row]}
        return 200, {"id": ID, "status": "WAITING", "definitionId": "one", "definitionVersion": 1}

    with stand_in(waits) as there:
        result = rochallor("instances", "watch", ID, "--timeout", "100ms", url=there.url)
    assert f"tasks complete {ID} 'ok; touch owned #'" in result.stdout


def test_the_embedded_engines_log_says_nothing_to_a_terminal() -> None:
    follower = HOSTILE.replace("\n", "")
    document = {"id": "chain", "name": "c", "steps": [{"id": "e", "name": "e", "type": "END"}]}
    document |= {"autoStartNextWorkflow": True, "nextWorkflowId": follower}
    with rochallor_process("dev", "--port", "0", "--log-requests", "-o", "json") as engine:
        url = json.loads(engine.line())["url"]
        rochallor("defs", "upload", "-", url=url, stdin=json.dumps(document))
        rochallor("instances", "start", "chain", url=url)
        wait_until(lambda: "was not started" in engine.errors, "the warning about the next workflow")
        assert [raw for raw in RAW if raw in engine.errors] == []


def test_a_wait_that_is_over_does_not_wait_for_a_look_at_what_stands_still() -> None:
    asked, let_go = [0], threading.Event()

    def falls_silent(method: str, path: str, body: bytes) -> Answer:
        asked[0] += 1
        if asked[0] > 1:
            let_go.wait(60)
        return 200, {"id": ID, "status": "WAITING", "definitionId": "one", "definitionVersion": 1}

    with stand_in(falls_silent) as there:
        try:
            result = rochallor("instances", "wait", ID, "--timeout", "200ms", url=there.url)
        finally:
            let_go.set()
    # Exit status 5 would come from a look that was waited for until its own time-out.
    assert (result.exit_status, "is still WAITING" in result.stderr) == (10, True), result.stderr


# --- odd rows ------------------------------------------------------------------------------------


def good(number: int, **more: object) -> dict[str, object]:
    return {
        "id": ID[:-1] + str(number),
        "definitionId": "one",
        "definitionVersion": 1,
        "status": "WAITING",
        "currentStepIds": [f"step{number}"],
        "startedAt": "2026-11-28T10:00:00Z",
        "variables": {},
        "businessKey": f"key{number}",
        **more,
    }


ODD: list[object] = [
    {}, None, 7, "x", [1],
    *(good(9, startedAt=text) for text in (
        12345, "banana", "2026-11-28T10:00:00+99:59", "0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", {"a": 1},
    )),
    good(9, currentStepIds="a"), good(9, currentStepIds=None), good(9, currentStepIds=[None, 7, {}]),
    good(9, currentStepIds=3), good(9, status=5), good(9, definitionVersion="x"), good(9, variables=[1]),
    good(9, id=9), good(9, id={"a": 1}), good(9, businessKey={"a": 1}), good(9, definitionVersion=10**400),
    good(9, status="FAILED", failureReason=["x"]), good(9, definitionId=None),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: json.dumps(odd)[-40:])
def test_one_odd_row_costs_no_other(odd: object) -> None:
    rows = [good(1), odd, good(2), good(3)]
    history = [
        {"ID": f"e{n}", "StepID": f"step{n}", "StepType": "USER_TASK", "Status": "RUNNING"} for n in (1, 2)
    ]

    def answer(method: str, path: str, body: bytes) -> Answer:
        if path.endswith("/history"):
            odd_row = (
                {"StartedAt": odd.get("startedAt"), "ID": odd.get("id")} if isinstance(odd, dict) else odd
            )
            return 200, {"items": [history[0], odd_row, history[1]]}
        if "/versions/" in path:
            return 200, {
                "id": "one",
                "version": 1,
                "steps": [{"id": f"step{n}", "type": "USER_TASK"} for n in (1, 2, 3)],
            }
        return 200, {"items": rows, "total": 4}

    with stand_in(answer) as there:
        for form in ("wide", "json", "jsonl", "yaml"):
            shown = rochallor("instances", "list", "-o", form, url=there.url)
            assert (shown.exit_status, all(f"key{n}" in shown.stdout for n in (1, 2, 3))) == (0, True)
        tasks = rochallor("tasks", "list", url=there.url)
        assert (tasks.exit_status, all(f"step{n}" in tasks.stdout for n in (1, 2, 3))) == (0, True), (
            tasks.stderr
        )
        steps = rochallor("instances", "history", ID, url=there.url)
        assert (steps.exit_status, "step1" in steps.stdout, "step2" in steps.stdout) == (0, True, True)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("levels", [500, 9_000])
def test_one_deep_value_costs_no_other_row(levels: int, form: str) -> None:
    deep = '{"a":' * levels + "[1]" + "}" * levels
    rows = [json.dumps(good(number)) for number in (1, 2)]
    rows[1] = rows[1].replace('"variables": {}', f'"variables": {deep}')

    def answer(method: str, path: str, body: bytes) -> Answer:
        if route(path) == "/v1/instances":
            return 200, f'{{"items": [{", ".join(rows)}], "total": 2}}'.encode()
        return 200, rows[1].encode()

    with stand_in(answer) as there:
        listed = rochallor("instances", "list", "-o", form, url=there.url)
        alone = rochallor("instances", "get", ID, "-o", form, url=there.url)
    assert listed.exit_status == 0, listed.stderr
    assert alone.exit_status == 0 or "nested too deep" in alone.stderr
    assert all(ID[:-1] + str(number) in listed.stdout for number in (1, 2))
    if form in ("json", "jsonl"):
        assert value_from_json(alone.stdout)["id"] == ID[:-1] + "2"


def test_a_value_that_is_nested_too_deep_is_refused_in_words() -> None:
    deep = b'{"id":"x","status":"WAITING","variables":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001
    with stand_in(lambda method, path, body: (200, deep)) as there:
        result = rochallor("instances", "get", ID, url=there.url)
    assert result.exit_status not in (0, 1), result.stderr


# --- things of later versions --------------------------------------------------------------------


def later(method: str, path: str, body: bytes) -> Answer:
    """An engine that has fields, statuses, step types and codes that nobody here has heard of."""
    where = route(path)
    new = {"priority": {"level": 7}, "tenant": "acme"}
    instance = {**good(1), "status": "PAUSED", **new}
    if where == "/v1/jobs/poll":
        return 400, {"error": "bad-request", "reason": "a later reason", **new}
    if where.endswith("/history"):
        return 200, {
            "items": [{"ID": "e", "StepID": "a", "StepType": "LOOP", "Status": "PAUSED", **new}],
            **new,
        }
    if where in ("/v1/instances", "/v1/definitions") and method == "GET":
        item = instance if where == "/v1/instances" else {"id": "one", "version": 1, "name": "one", **new}
        return 200, {"items": [item], "total": 1, **new}
    if where.startswith("/v1/definitions"):
        step = {"id": "a", "name": "a", "type": "LOOP", "body": ["x"], **new}
        return 200, {"id": "one", "version": 1, "name": "one", "steps": [step], **new}
    if "/signals/" in where or "/user-tasks/" in where:
        return 204, b""
    return (201 if (method, where) == ("POST", "/v1/instances") else 200), instance


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("line", [
    ("instances", "list"), ("instances", "get", ID), ("instances", "history", ID), ("tasks", "list"),
    ("defs", "list"), ("defs", "get", "one"), ("defs", "versions", "one"), ("instances", "start", "one"),
    ("instances", "cancel", ID), ("instances", "retry", ID, "--step", "a"), ("defs", "graph", "one"),
    ("instances", "signal", ID, "a"), ("tasks", "complete", ID, "a"), ("doctor",),
    ("instances", "history", ID, "--view", "timeline"), ("instances", "history", ID, "--view", "tree"),
], ids=" ".join)  # fmt: skip
def test_what_is_not_known_stops_no_command(line: tuple[str, ...], form: str) -> None:
    with stand_in(later) as there:
        result = rochallor(*line, "-o", form, url=there.url)
    assert result.exit_status == 0, result.stderr


def test_what_is_not_known_survives_a_round_trip_and_is_named_by_doctor(tmp_path: Path) -> None:
    with stand_in(later) as there:
        flow = tmp_path / "flow.yaml"
        flow.write_text(rochallor("defs", "get", "one", url=there.url).stdout)
        rochallor("defs", "upload", flow, url=there.url)
        sent = [
            json.loads(body)
            for method, path, body in there.seen
            if (method, path) == ("POST", "/v1/definitions")
        ]
        row = {row["check"]: row for row in rochallor("doctor", "-o", "json", url=there.url).json()}
    assert (sent[0]["priority"], sent[0]["steps"][0]["body"], sent[0]["steps"][0]["type"]) == (
        {"level": 7},
        ["x"],
        "LOOP",
    )
    assert 'field "priority"' in row["not known here"]["detail"]
    assert 'status "PAUSED"' in row["not known here"]["detail"]
    assert 'step type "LOOP"' in row["not known here"]["detail"]


# --- answers that take long ----------------------------------------------------------------------


def test_every_command_that_does_not_walk_has_one_end(monkeypatch: pytest.MonkeyPatch) -> None:
    walking = {path for path, command in commands().items() if _function(command).walks}
    assert walking == {
        "instances list", "instances count", "instances audit", "instances cancel", "instances retry",
        "instances restart", "instances start", "instances wait", "instances watch", "tasks list", "defs list",
        "defs versions", "defs upload", "defs verify", "work", "dev", "run", "demo", "ui", "handlers run",
        "jobs find",
    }  # fmt: skip
    # Each answer comes in time by itself.
    now = [0.0]

    def slow(method: str, path: str, body: bytes) -> Answer:
        now[0] += 25.0
        return hostile(method, path, body)

    monkeypatch.setattr(deadline, "perf_counter", lambda: now[0])
    for line in (
        ("doctor",),
        ("instances", "explain", ID),
        ("instances", "history", ID),
        ("instances", "get", ID),
    ):
        now[0] = 0.0
        with stand_in(slow) as there:
            result = rochallor(*line, url=there.url)
        assert len(there.seen) <= 3
        assert line != ("doctor",) or "together took longer than 60 s" in result.stdout


@pytest.mark.parametrize("in_time", [0, 4, 9])
def test_the_doctor_says_what_it_has_not_asked(
    monkeypatch: pytest.MonkeyPatch, in_time: int, tmp_path: Path
) -> None:
    """The questions' common end comes after some requests, whichever question that one belongs to."""
    module = tmp_path / f"served_{tmp_path.name}.py"
    module.write_text(
        "from workflow_sdk.handler.registry import HandlerRegistry\n"
        "registry = HandlerRegistry()\n"
        "registry.register('only', lambda job: {})\n"
    )
    workers = tmp_path / "workers.yaml"
    workers.write_text(f"workers:\n  - modules: ['{module}']\n")
    now = [0.0]

    def then_slow(method: str, path: str, body: bytes) -> Answer:
        now[0] += 0.0 if len(there.seen) <= in_time else 100.0
        return hostile(method, path, body)

    monkeypatch.setattr(deadline, "perf_counter", lambda: now[0])
    with stand_in(then_slow) as there:
        result = rochallor("doctor", "--config", workers, "-o", "json", url=there.url)
    rows = {row["check"]: row for row in result.json()}
    assert result.exit_status == 5
    assert rows["not asked"]["exitStatus"] == 5
    names, _, reason = rows["not asked"]["detail"].partition(": ")
    assert reason.endswith(" was in the way")
    why = rows[reason.removeprefix("the problem of ").removesuffix(" was in the way")]
    assert why["detail"].endswith("the answers together took longer than 60 s")
    # Of these every one has a row here, or is named.
    all_of_it = {"engine", "engine version", "dispatch mode", "definitions", "clock", "instances", "handlers"}
    left_out = set(names.split(", "))
    assert "handlers" in left_out
    assert all_of_it <= left_out | set(rows)
    assert not left_out & set(rows)


def _function(command: Any) -> Any:
    callback = command.callback
    while not hasattr(callback, "walks"):
        callback = callback.__wrapped__
    return callback
