"""Instances from a terminal, CI and pipes."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from support.command_line import rochallor, rochallor_process
from support.gateway import running_gateway
from support.waiting import wait_until
from support.workflows import do_jobs, gateway, join, service, uploaded, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

NO_ID = "01JD8Q3VZ6M0T2H8X4K7N5RWZK"


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
    none = rochallor("instances", "list", "--definition", "none", url=engine_url).stderr
    assert none.splitlines()[0] == "no instances that fit"
    assert "there is no definition none" in none
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
    do_jobs(client, "hist")
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
    assert (result.json()[0]["status"], client.get_instance(instance)["failureReason"]) == (
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


# --- with everything in between --------------------------------------------------------------------


def test_an_engine_that_does_not_answer_in_time_is_said_to_be_slow():
    with running_gateway(silent=True) as slow:
        result = rochallor("instances", "get", NO_ID, "--request-timeout", "100ms", url=slow.url)
    assert result.exit_status == 5
    assert "no answer from" in result.stderr
    assert "--request-timeout" in result.stderr


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
