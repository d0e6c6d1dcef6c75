"""Waiting for instances and following them, on terminals and pipes, to their end or to Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.command_line import rochallor, rochallor_process
from support.engines import interrupted_engine
from support.workflows import do_jobs, service, uploaded, user_task
from workflow_sdk.client.rest import RestEngineClient


def test_waiting_ends_with_the_outcome_as_exit_status(engine_url, client):
    uploaded(client, service("s", job_type="wait-job"), id_="waited")

    def started_and(then) -> Any:
        done = []

        def sleep(seconds: float) -> None:
            if not done:
                done.append(then())

        return rochallor("instances", "start", "waited", "--wait", "-o", "json", url=engine_url, sleep=sleep)

    completed = started_and(lambda: do_jobs(client, "wait-job"))
    assert (completed.exit_status, completed.json()["status"]) == (0, "COMPLETED")
    failed = started_and(lambda: do_jobs(client, "wait-job", fail="broken"))
    assert (failed.exit_status, failed.json()["failureReason"]) == (9, "broken")


def test_a_wait_that_runs_out_says_where_the_instance_stands(engine_url, client):
    uploaded(client, service("s", job_type="nobody"), id_="runs-out")
    result = rochallor("instances", "start", "runs-out", "--wait", "--timeout", "50ms", url=engine_url)
    assert result.exit_status == 10
    assert "is still ACTIVE at s after 50 ms" in result.stderr


def test_a_wait_that_runs_out_still_names_those_that_have_ended(engine_url, ended):
    result = rochallor(
        "instances",
        "wait",
        ended["failed"],
        ended["active"],
        "--timeout",
        "100ms",
        "-o",
        "name",
        url=engine_url,
    )
    assert (result.exit_status, result.lines()) == (10, [ended["failed"]])
    assert "after 100 ms" in result.stderr


def test_several_instances_are_waited_for_at_once(engine_url, ended):
    result = rochallor("instances", "wait", ended["completed"], ended["failed"], "-o", "json", url=engine_url)
    assert [row["status"] for row in result.json()] == ["COMPLETED", "FAILED"]
    assert result.exit_status == 9


def test_following_on_a_pipe_prints_a_line_an_event_and_the_outcome(engine_url, client):
    uploaded(client, user_task("review", "s"), service("s", job_type="follow-job"), id_="followed")
    steps: Iterator[Any] = iter(
        [
            lambda: client.complete_user_task(
                "review", instance_id=client.list_instances(definition_id="followed")["items"][0]["id"]
            ),
            lambda: do_jobs(client, "follow-job"),
        ]
    )
    result = rochallor(
        "instances",
        "start",
        "followed",
        "--follow",
        url=engine_url,
        sleep=lambda _: next(steps, lambda: None)(),
    )
    lines = [" ".join(line.split()[:3]) for line in result.lines()]
    assert lines[:2] == ["review USER_TASK waiting", "WAITING waits for"]
    assert lines[2:5] == ["review USER_TASK completed", "s SERVICE_TASK open", "s SERVICE_TASK completed"]
    assert lines[-1].startswith("COMPLETED in")
    assert result.exit_status == 0


def test_following_on_a_terminal_redraws_in_place_and_leaves_the_cursor_beneath(engine_url, ended):
    result = rochallor("instances", "watch", ended["completed"], url=engine_url, terminal=True)
    assert "● completed" in result.stdout
    assert "\x1b[?25l" not in result.stdout
    assert result.stdout.endswith("\n")


@pytest.mark.parametrize("terminal", [False, True])
def test_why_an_instance_failed_is_said_once(engine_url, ended, terminal):
    result = rochallor("instances", "watch", ended["failed"], url=engine_url, terminal=terminal)
    assert result.stdout.count("no luck") == 1
    assert "FAILED after" in result.lines()[-1]


def test_a_reason_too_long_for_its_line_is_said_whole_at_the_end(engine_url, client):
    reason = "no luck " * 40 + "at all"
    uploaded(client, service("s", job_type="long-reason"), id_="long-reason")
    instance = client.start_instance("long-reason")["id"]
    do_jobs(client, "long-reason", fail=reason)
    result = rochallor("instances", "watch", instance, url=engine_url, terminal=True)
    assert result.stdout.count(reason) == 1
    assert result.lines()[-1].endswith(reason)


def test_watching_in_jsonl_prints_events_that_jq_reads(engine_url, ended):
    result = rochallor("instances", "watch", ended["failed"], "-o", "jsonl", url=engine_url)
    events = [json.loads(line) for line in result.lines()]
    assert [event["event"] for event in events] == ["step", "instance"]
    assert (events[1]["status"], result.exit_status) == ("FAILED", 9)


def test_watching_goes_on_through_a_restart_of_the_engine(tmp_path):
    with interrupted_engine(tmp_path / "e.sqlite") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("s", job_type="restart-job"), id_="restarted")
        instance = client.start_instance("restarted")["id"]
        with rochallor_process("instances", "watch", instance, "-o", "jsonl", url=engine.url) as watching:
            assert json.loads(watching.line())["stepId"] == "s"
            assert json.loads(watching.line())["event"] == "instance"
            engine.go_away()
            assert json.loads(watching.line())["event"] == "engine-away"
            engine.come_back()
            assert json.loads(watching.line())["event"] == "engine-back"
            do_jobs(client, "restart-job")
            assert watching.wait().exit_status == 0


def test_an_interrupted_watch_ends_with_130_and_no_traceback(engine_url, client):
    uploaded(client, service("s"), id_="interrupted")
    instance = client.start_instance("interrupted")["id"]
    with rochallor_process("instances", "watch", instance, url=engine_url) as watching:
        assert watching.line().split()[0] == "s"
        watching.process.send_signal(2)
        result = watching.wait()
    assert (result.exit_status, "Traceback" in result.stderr) == (130, False)


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_whoever_stops_to_watch_is_told_that_the_instance_goes_on(engine_url, client):
    uploaded(client, service("s"), id_="left-alone")
    result = rochallor(
        "instances", "start", "left-alone", "--follow", url=engine_url, sleep=_interrupt, terminal=True
    )
    instance = client.list_instances(definition_id="left-alone")["items"][0]["id"]
    assert result.exit_status == 130
    assert result.stderr.endswith(
        f"\ninterrupted: the instance goes on; rochallor instances watch {instance}\n"
    )
    quiet = rochallor("instances", "watch", instance, "-q", url=engine_url, sleep=_interrupt)
    assert (quiet.exit_status, quiet.stderr) == (130, "")
