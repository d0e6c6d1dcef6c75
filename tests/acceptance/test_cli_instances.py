"""Instances and user tasks from a terminal, CI and pipes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from support.command_line import rochallor, rochallor_process
from support.engines import running_engine
from support.gateway import running_gateway
from support.waiting import wait_until
from support.workflows import document, gateway, join, service, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

NO_ID = "01JD8Q3VZ6M0T2H8X4K7N5RWZK"


def uploaded(client: RestEngineClient, *steps: dict, id_: str) -> str:
    client.upload_definition(document(*steps, id_=id_))
    return id_


def work(client: RestEngineClient, job_type: str, *, fail: str = "") -> None:
    """Do every job there is of a type."""
    for job in client.poll_jobs("tester", [job_type], 100):
        if fail:
            client.fail_job(job["id"], "tester", fail, retryable=False)
        else:
            client.complete_job(job["id"], "tester", {})


@pytest.fixture
def ended(client: RestEngineClient, engine_url: str) -> Iterator[dict[str, Any]]:
    """A COMPLETED, a FAILED and an ACTIVE instance of one definition."""
    uploaded(client, service("s", job_type="ended-job"), id_="ended")
    found = {}
    for name in ("completed", "failed"):
        found[name] = client.start_instance("ended", {"n": 1}, business_key=name)["id"]
        work(client, "ended-job", fail="no luck" if name == "failed" else "")
    found["active"] = client.start_instance("ended")["id"]
    yield found
    client.cancel_instance(found["active"])


# --- starting ------------------------------------------------------------------------------------


def test_an_instance_is_started_with_variables_of_every_kind(engine_url, client, tmp_path):
    uploaded(client, service("s"), id_="vars")
    (tmp_path / "v.yaml").write_text("a: 1\nb: no\nc: [x]\n")
    result = rochallor(
        "instances", "start", "vars", "--vars", f"@{tmp_path / 'v.yaml'}", "--var", "a=2", "--var", "d=true",
        "--var", "e=plain text", "--text", "f=007", "--business-key", "K-1", "-o", "json", url=engine_url,
    )  # fmt: skip
    assert result.json()["variables"] == {
        "a": 2,
        "b": "no",
        "c": ["x"],
        "d": True,
        "e": "plain text",
        "f": "007",
    }
    assert result.json()["businessKey"] == "K-1"
    piped = rochallor(
        "instances", "start", "vars", "--vars", "@-", "-o", "name", url=engine_url, stdin='{"x": 1}'
    )
    assert client.get_instance(piped.stdout.strip())["variables"] == {"x": 1}


def test_a_whole_number_that_no_double_holds_is_warned_of(engine_url, client):
    uploaded(client, service("s"), id_="big")
    result = rochallor("instances", "start", "big", "--var", "n=9007199254740993", url=engine_url)
    assert "9007199254740993 will lose digits" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--var", "novalue"), 2, "write --var name=value"),
        (("--vars", "[1]"), 3, "variables are one object"),
        (("--vars", "{bad"), 3, "--vars:"),
        (("--vars", "@none.json"), 6, "no file none.json"),
        (("--timeout", "5m"), 2, "add --wait or --follow"),
        (("--wait", "--timeout", "soon"), 2, "'soon' is no duration"),
    ],
)
def test_a_start_that_cannot_be_meant_starts_nothing(engine_url, client, arguments, status, said):
    uploaded(client, service("s"), id_="unmeant")
    result = rochallor("instances", "start", "unmeant", *arguments, url=engine_url)
    assert (result.exit_status, said in result.stderr) == (status, True)
    assert client.list_instances(definition_id="unmeant")["total"] == 0


def test_an_unknown_definition_or_version_is_not_found(engine_url, client):
    uploaded(client, service("s"), id_="known-one")
    near = rochallor("instances", "start", "known-on", url=engine_url)
    assert (near.exit_status, "did you mean known-one?" in near.stderr) == (6, True)
    assert rochallor("instances", "start", "known-one@9", url=engine_url).exit_status == 6


def test_waiting_ends_with_the_outcome_as_exit_status(engine_url, client):
    uploaded(client, service("s", job_type="wait-job"), id_="waited")

    def started_and(then) -> Any:
        done = []

        def sleep(seconds: float) -> None:
            if not done:
                done.append(then())

        return rochallor("instances", "start", "waited", "--wait", "-o", "json", url=engine_url, sleep=sleep)

    completed = started_and(lambda: work(client, "wait-job"))
    assert (completed.exit_status, completed.json()["status"]) == (0, "COMPLETED")
    failed = started_and(lambda: work(client, "wait-job", fail="broken"))
    assert (failed.exit_status, failed.json()["failureReason"]) == (9, "broken")


def test_a_wait_that_runs_out_says_where_the_instance_stands(engine_url, client):
    uploaded(client, service("s", job_type="nobody"), id_="runs-out")
    result = rochallor("instances", "start", "runs-out", "--wait", "--timeout", "50ms", url=engine_url)
    assert result.exit_status == 10
    assert "is still ACTIVE at s after 50 ms" in result.stderr


def test_following_on_a_pipe_prints_a_line_an_event_and_the_outcome(engine_url, client):
    uploaded(client, user_task("review", "s"), service("s", job_type="follow-job"), id_="followed")
    steps: Iterator[Any] = iter(
        [
            lambda: client.complete_user_task(
                "review", instance_id=client.list_instances(definition_id="followed")["items"][0]["id"]
            ),
            lambda: work(client, "follow-job"),
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
    assert lines[:2] == ["review USER_TASK running", "WAITING waits for"]
    assert lines[2:5] == ["review USER_TASK completed", "s SERVICE_TASK running", "s SERVICE_TASK completed"]
    assert lines[-1].startswith("COMPLETED in")
    assert result.exit_status == 0


@pytest.mark.parametrize("terminal", [False, True])
def test_why_an_instance_failed_is_said_once(engine_url, ended, terminal):
    result = rochallor("instances", "watch", ended["failed"], url=engine_url, terminal=terminal)
    assert result.stdout.count("no luck") == 1
    assert "FAILED after" in result.lines()[-1]


def test_a_reason_too_long_for_its_line_is_said_whole_at_the_end(engine_url, client):
    reason = "no luck " * 40 + "at all"
    uploaded(client, service("s", job_type="long-reason"), id_="long-reason")
    instance = client.start_instance("long-reason")["id"]
    work(client, "long-reason", fail=reason)
    result = rochallor("instances", "watch", instance, url=engine_url, terminal=True)
    assert result.stdout.count(reason) == 1
    assert result.lines()[-1].endswith(reason)


def test_watching_in_jsonl_prints_events_that_jq_reads(engine_url, ended):
    result = rochallor("instances", "watch", ended["failed"], "-o", "jsonl", url=engine_url)
    events = [json.loads(line) for line in result.lines()]
    assert [event["event"] for event in events] == ["step", "instance"]
    assert (events[1]["status"], result.exit_status) == ("FAILED", 9)


def test_following_on_a_terminal_redraws_in_place_and_leaves_the_cursor_beneath(engine_url, ended):
    result = rochallor("instances", "watch", ended["completed"], url=engine_url, terminal=True)
    assert "● completed" in result.stdout
    assert "\x1b[?25l" not in result.stdout
    assert result.stdout.endswith("\n")


def test_watching_goes_on_through_a_restart_of_the_engine(tmp_path):
    with running_engine(db=tmp_path / "e.sqlite") as first:
        port = first.port
        with RestEngineClient(first.url) as client:
            uploaded(client, service("s", job_type="restart-job"), id_="restarted")
            instance = client.start_instance("restarted")["id"]
        with rochallor_process("instances", "watch", instance, "-o", "jsonl", url=first.url) as watching:
            assert json.loads(watching.line())["stepId"] == "s"
            assert json.loads(watching.line())["event"] == "instance"
            first.stop()
            assert json.loads(watching.line())["event"] == "engine-away"
            with running_engine(db=tmp_path / "e.sqlite", port=port) as second:
                assert json.loads(watching.line())["event"] == "engine-back"
                with RestEngineClient(second.url) as client:
                    work(client, "restart-job")
                assert watching.wait().exit_status == 0


def test_several_instances_are_waited_for_at_once(engine_url, ended):
    result = rochallor("instances", "wait", ended["completed"], ended["failed"], "-o", "json", url=engine_url)
    assert [row["status"] for row in result.json()] == ["COMPLETED", "FAILED"]
    assert result.exit_status == 9


# --- reading -------------------------------------------------------------------------------------


def test_an_instance_is_shown_with_its_reason_and_variables(engine_url, ended):
    text = rochallor("instances", "get", ended["failed"], url=engine_url).stdout
    assert "reason      no luck" in text
    assert "variables   n = 1" in text
    name = rochallor("instances", "get", ended["failed"], "-o", "name", url=engine_url).stdout
    assert name == f"{ended['failed']}\n"


def test_lists_are_filtered_and_say_when_there_is_more(engine_url, client):
    uploaded(client, service("s"), id_="many")
    for _ in range(5):
        client.start_instance("many")
    result = rochallor("instances", "list", "--definition", "many", "--limit", "3", url=engine_url)
    assert len(result.lines()) == 4
    assert "3 of 5; --limit or --all shows more" in result.stderr
    assert (
        len(
            rochallor(
                "instances", "list", "--definition", "many", "--all", "-o", "name", url=engine_url
            ).lines()
        )
        == 5
    )
    assert (
        rochallor("instances", "list", "--definition", "none", url=engine_url).stderr
        == "no instances that fit\n"
    )
    wrong = rochallor("instances", "list", "--status", "FAILD", url=engine_url)
    assert (wrong.exit_status, "did you mean FAILED?" in wrong.stderr) == (2, True)
    assert rochallor("instances", "list", "--status", "failed", url=engine_url).exit_status == 0


def test_a_list_can_be_cut_to_what_started_lately(engine_url, client):
    uploaded(client, service("s"), id_="lately")
    instance = client.start_instance("lately")["id"]
    command = ("instances", "list", "--definition", "lately", "--since", "1h", "-o", "name")
    assert rochallor(*command, url=engine_url).lines() == [instance]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert rochallor(*command, url=engine_url, now=tomorrow).lines() == []
    assert rochallor("instances", "list", "--since", "long", url=engine_url).exit_status == 2


def test_a_mistyped_instance_id_is_not_found_with_a_hint(engine_url, ended):
    short = rochallor("instances", "get", "01JD8QXXXX", url=engine_url)
    assert short.exit_status == 6
    assert short.stderr.splitlines() == [
        f"error: no instance 01JD8QXXXX on {engine_url}",
        "hint:  ids are 26 characters; this one has 10",
    ]
    mistyped = ended["active"][:-1] + ("0" if ended["active"][-1] != "0" else "1")
    assert (
        f"did you mean {ended['active']}?" in rochallor("instances", "get", mistyped, url=engine_url).stderr
    )
    assert rochallor("instances", "history", NO_ID, url=engine_url).exit_status == 6


def test_history_is_a_table_a_timeline_and_a_tree(engine_url, client):
    uploaded(
        client, gateway("split", ["left", "right"]), service("left", "meet", job_type="hist"),
        user_task("right", "meet"), join(), id_="hist",
    )  # fmt: skip
    instance = client.start_instance("hist")["id"]
    work(client, "hist")
    table = rochallor("instances", "history", instance, url=engine_url)
    assert {line.split()[0] for line in table.lines()[1:]} == {"split", "left", "right", "meet"}
    timeline = rochallor("instances", "history", instance, "--view", "timeline", url=engine_url).stdout
    assert "hist v1 · WAITING for" in timeline
    assert next(line for line in timeline.splitlines() if line.split()[:1] == ["right"]).count("▶") == 1
    tree = rochallor("instances", "history", instance, "--view", "tree", url=engine_url).stdout
    assert "├─ split" in tree
    assert "│  ├─ left" in tree
    rows = rochallor("instances", "history", instance, "--view", "tree", "-o", "json", url=engine_url).json()
    assert {row["stepId"] for row in rows} == {"split", "left", "right", "meet"}


@pytest.mark.parametrize(
    "command",
    [
        ("instances", "get", ""), ("instances", "history", " "), ("instances", "cancel", ""),
        ("instances", "wait", ""),
        ("instances", "signal", "", "s"), ("tasks", "complete", "", "s"), ("defs", "get", ""),
        ("instances", "start", ""),
    ],
)  # fmt: skip
def test_an_empty_id_is_a_scripts_unset_variable_and_no_request(engine_url, command):
    result = rochallor(*command, url=engine_url)
    assert (result.exit_status, "id is empty" in result.stderr) == (2, True)


def test_what_the_engines_database_cannot_store_is_named(engine_url, client):
    uploaded(client, service("s"), id_="nul")
    result = rochallor("instances", "start", "nul", "--vars", r'{"a": "\u0000"}', url=engine_url)
    assert (result.exit_status, "NUL" in result.stderr) == (4, True)


# --- acting --------------------------------------------------------------------------------------


def test_cancelling_what_has_ended_or_was_never_there_says_so(engine_url, ended):
    over = rochallor("instances", "cancel", ended["completed"], url=engine_url)
    assert (over.exit_status, "is COMPLETED already" in over.stderr) == (7, True)
    assert rochallor("instances", "cancel", NO_ID, url=engine_url).exit_status == 6


def test_one_instance_is_cancelled_with_a_reason(engine_url, client):
    uploaded(client, service("s"), id_="one-cancel")
    instance = client.start_instance("one-cancel")["id"]
    result = rochallor("instances", "cancel", instance, "--reason", "withdrawn", "-o", "json", url=engine_url)
    assert (result.json()["status"], client.get_instance(instance)["failureReason"]) == (
        "CANCELLED",
        "withdrawn",
    )


def test_bulk_cancelling_asks_first_and_names_what_came_of_each(engine_url, client):
    uploaded(client, service("s"), id_="bulk")
    ids = {client.start_instance("bulk")["id"] for _ in range(25)}
    chosen = ("instances", "cancel", "--definition", "bulk")
    dry = rochallor(*chosen, "--dry-run", "-o", "name", url=engine_url)
    assert set(dry.lines()) == ids
    unasked = rochallor(*chosen, url=engine_url)
    assert (unasked.exit_status, "--yes" in unasked.stderr) == (2, True)
    refused = rochallor(*chosen, url=engine_url, terminal=True, stdin="n\n")
    assert (refused.exit_status, "nothing was changed" in refused.stderr) == (2, True)
    assert client.list_instances(definition_id="bulk", status="ACTIVE")["total"] == 25
    done = rochallor(*chosen, "-o", "jsonl", url=engine_url, terminal=True, stdin="y\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in rows} == ids
    assert {row["result"] for row in rows} == {"cancelled"}
    assert done.exit_status == 0


def test_cancelling_several_goes_on_after_one_that_cannot_be(engine_url, client, ended):
    uploaded(client, service("s"), id_="mixed")
    instance = client.start_instance("mixed")["id"]
    result = rochallor(
        "instances", "cancel", ended["completed"], instance, NO_ID, "-o", "json", url=engine_url
    )
    assert [row["result"] for row in result.json()] == ["already ended", "cancelled", "not cancelled"]
    assert result.exit_status == 7


def test_cancelling_without_saying_what_is_a_usage_error(engine_url):
    assert rochallor("instances", "cancel", url=engine_url).exit_status == 2
    both = rochallor("instances", "cancel", NO_ID, "--status", "ACTIVE", url=engine_url)
    assert both.exit_status == 2
    assert rochallor("instances", "cancel", "--status", "COMPLETED", "--yes", url=engine_url).exit_status == 2


def test_a_signal_lets_a_wait_go_on_and_says_why_when_it_cannot(engine_url, client):
    uploaded(client, wait("paid", "s"), service("s"), id_="signalled")
    instance = client.start_instance("signalled")["id"]
    unknown = rochallor("instances", "signal", instance, "payd", url=engine_url)
    assert (unknown.exit_status, "did you mean paid?" in unknown.stderr) == (6, True)
    wrong = rochallor("instances", "signal", instance, "s", url=engine_url)
    assert (wrong.exit_status, "is a SERVICE_TASK, not a WAIT" in wrong.stderr) == (7, True)
    result = rochallor("instances", "signal", instance, "paid", "--var", "amount=3", url=engine_url)
    assert result.stdout == "signalled paid; the instance is ACTIVE at s\n"
    assert client.get_instance(instance)["variables"] == {"amount": 3}
    again = rochallor("instances", "signal", instance, "paid", url=engine_url)
    assert (again.exit_status, "step paid is not open" in again.stderr) == (7, True)


# --- user tasks ----------------------------------------------------------------------------------


def test_open_tasks_are_listed_and_completed_without_naming_the_step(engine_url, client):
    uploaded(client, user_task("manual-review", "s", name="Review it"), service("s"), id_="tasks-1")
    instance = client.start_instance("tasks-1", business_key="L-77")["id"]
    listed = rochallor("tasks", "list", "--definition", "tasks-1", "-o", "json", url=engine_url).json()
    assert [(row["instanceId"], row["stepId"], row["stepName"], row["businessKey"]) for row in listed] == [
        (instance, "manual-review", "Review it", "L-77")
    ]
    result = rochallor(
        "tasks", "complete", instance, "--by", "jane", "--var", "approved=true", url=engine_url
    )
    assert result.stdout == "completed manual-review; the instance is ACTIVE at s\n"
    assert client.get_instance(instance)["variables"] == {"approved": True}
    replay = rochallor("tasks", "complete", instance, "--by", "jane", url=engine_url)
    assert (replay.exit_status, "no user task is open" in replay.stderr) == (7, True)
    assert (
        rochallor("tasks", "list", "--definition", "tasks-1", url=engine_url).stderr
        == "no user task is open\n"
    )


def test_a_task_is_named_by_instance_and_step_when_several_are_open(engine_url, client):
    uploaded(
        client,
        gateway("split", ["a:1", "b"]),
        user_task("a:1", "meet"),
        user_task("b", "meet"),
        join(),
        id_="two",
    )
    instance = client.start_instance("two")["id"]
    choice = rochallor("tasks", "complete", instance, url=engine_url)
    assert (choice.exit_status, "2 tasks are open: a:1, b" in choice.stderr) == (2, True)
    assert rochallor("tasks", "complete", f"{instance}/a:1", url=engine_url).exit_status == 0
    assert rochallor("tasks", "complete", instance, "b", url=engine_url).exit_status == 0
    assert client.get_instance(instance)["status"] == "COMPLETED"


def test_tasks_by_age_begin_with_the_oldest(engine_url, client):
    uploaded(client, user_task("t"), id_="aged")
    ids = [client.start_instance("aged")["id"] for _ in range(3)]
    listed = rochallor(
        "tasks", "list", "--definition", "aged", "--by-age", "-o", "json", url=engine_url
    ).json()
    assert [row["instanceId"] for row in listed] == ids


# --- with everything in between --------------------------------------------------------------------


def test_an_engine_that_does_not_answer_in_time_is_said_to_be_slow():
    with running_gateway(silent=True) as slow:
        result = rochallor("instances", "get", NO_ID, "--request-timeout", "100ms", url=slow.url)
    assert result.exit_status == 5
    assert "no answer from" in result.stderr
    assert "--request-timeout" in result.stderr


def test_an_interrupted_watch_ends_with_130_and_no_traceback(engine_url, client):
    uploaded(client, service("s"), id_="interrupted")
    instance = client.start_instance("interrupted")["id"]
    with rochallor_process("instances", "watch", instance, url=engine_url) as watching:
        assert watching.line().split()[0] == "s"
        watching.process.send_signal(2)
        result = watching.wait()
    assert (result.exit_status, "Traceback" in result.stderr) == (130, False)


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


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_bulk_cancellation_says_what_came_of_each_that_was_sent(
    engine_url, client, monkeypatch
):
    uploaded(client, service("s"), id_="cut-off")
    wanted = {client.start_instance("cut-off")["id"] for _ in range(40)}
    cancel = RestEngineClient.cancel_instance
    calls = count()

    def slow_down(self: RestEngineClient, *arguments: Any, **named: Any) -> Any:
        if next(calls) == 12:
            signal.raise_signal(signal.SIGINT)
        return cancel(self, *arguments, **named)

    monkeypatch.setattr(RestEngineClient, "cancel_instance", slow_down)
    result = rochallor(
        "instances", "cancel", "--definition", "cut-off", "--yes", "-o", "json", url=engine_url
    )
    cancelled = {row["id"] for row in result.json()}
    assert result.exit_status == 130
    assert f"interrupted: {len(cancelled)} of 40 instances dealt with" in result.stderr
    left = {row["id"] for row in client.list_instances(definition_id="cut-off", page_size=100)["items"]
            if row["status"] == "ACTIVE"}  # fmt: skip
    assert cancelled | left == wanted
    assert not cancelled & left


def test_the_engine_started_by_dev_serves_until_it_is_told_to_stop(tmp_path):
    with rochallor_process("dev", "--port", "0", "--db", tmp_path / "e.sqlite") as engine:
        url = engine.line().split()[2]
        assert rochallor("doctor", url=url).exit_status == 0
        engine.process.terminate()
        result = engine.wait()
    assert (result.exit_status, "Traceback" in result.stderr) == (0, False)
    wait_until(lambda: rochallor("instances", "list", url=url).exit_status == 5, "the port is closed")


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
