"""Ctrl-C and SIGTERM (as of `timeout 60 rochallor …`) amid a command: one end, and the sender sees which it was."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx
import pytest

from support.command_line import RunningCommand, rochallor_process
from support.engines import running_engine
from support.scripted_server import Answer, stand_in
from support.waiting import wait_until
from support.workflows import document, service, timer, uploaded, wait
from workflow_sdk.client.rest import RestEngineClient

ENDS = pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"]
)
# Each waits or walks until something is there that never comes.
ENDLESS = [
    ("instances", "wait", "ID"),
    ("instances", "watch", "ID", "-o", "jsonl"),
    ("instances", "list", "--watch", "-o", "jsonl"),
    ("instances", "start", "held", "--wait"),
    ("instances", "start", "held", "--follow"),
]


@ENDS
def test_a_bulk_cancellation_says_what_came_of_each_that_was_sent(
    number: signal.Signals, status: int
) -> None:
    ids = [f"i{index:025}" for index in range(40)]
    running: list[RunningCommand] = []

    def answer(method: str, path: str, body: bytes) -> Answer:
        instance = path.split("/")[3]
        if (method, instance) == ("POST", ids[12]):
            wait_until(lambda: running, "the command")
            for _ in range(2 if number == signal.SIGTERM else 1):  # as timeout does
                running[0].process.send_signal(number)
        return 200, {"id": instance, "status": "CANCELLED", "definitionId": "d", "definitionVersion": 1}

    with (
        stand_in(answer) as there,
        rochallor_process("instances", "cancel", *ids, "-o", "jsonl", url=there.url) as command,
    ):
        running.append(command)
        result = command.wait()
    rows = [json.loads(line) for line in result.lines()]
    assert result.exit_status == status
    assert f"interrupted: {len(rows)} of 40 instances dealt with" in result.stderr
    assert {row["status"] for row in rows} == {"CANCELLED"}


@ENDS
@pytest.mark.parametrize("words", ENDLESS, ids=" ".join)
def test_what_waits_ends_without_a_traceback(
    words: tuple[str, ...], number: signal.Signals, status: int
) -> None:
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("s"), id_="held")
        instance = client.start_instance("held")["id"]
        given = [instance if word == "ID" else word for word in words]
        before = engine.url
        with rochallor_process(*given, "-v", url=before) as command:
            # Its first answers have come: the command has begun.
            wait_until(lambda: "GET " in command.errors, "a request")
            command.process.send_signal(number)
            result = command.wait()
    assert (result.exit_status, "Traceback" in result.stderr) == (status, False)


@ENDS
@pytest.mark.parametrize("is_answered", [True, False], ids=["started", "being started"])
def test_a_trial_on_an_engine_leaves_no_instance_open(
    number: signal.Signals, status: int, is_answered: bool, tmp_path: Path
) -> None:
    held = wait("held", boundaryEvents=[timer("PT1H", "end", interrupting=True)])
    (tmp_path / "flow.json").write_text(json.dumps(document(held, id_="trial")))
    running: list[RunningCommand] = []

    def answer(method: str, path: str, body: bytes) -> Answer:
        passed_on = httpx.request(
            method, f"{engine.url}{path}", content=body, headers={"Content-Type": "application/json"}
        )
        if not is_answered and (method, path) == ("POST", "/v1/instances"):
            wait_until(lambda: running, "the command")
            running[0].process.send_signal(number)
        return passed_on.status_code, passed_on.content, {"Content-Type": passed_on.headers["Content-Type"]}

    with (
        running_engine() as engine,
        RestEngineClient(engine.url) as client,
        stand_in(answer) as there,
        rochallor_process("run", tmp_path / "flow.json", "--engine-url", there.url) as command,
    ):
        running.append(command)
        if is_answered:
            wait_until(lambda: "waits for its timer" in command.errors, "the instance")
            command.process.send_signal(number)
        result = command.wait()
        [instance] = client.list_instances()["items"]
    assert (result.exit_status, instance["status"]) == (status, "CANCELLED"), result.stderr
