"""User tasks from a terminal and from scripts."""

from __future__ import annotations

from datetime import UTC, datetime

from rochallor_cli.dev_engine import HandClock
from support.command_line import rochallor
from support.engines import running_engine
from support.workflows import gateway, join, service, uploaded, user_task
from workflow_sdk.client.rest import RestEngineClient


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


def test_tasks_are_chosen_by_step_and_by_how_long_they_have_been_open():
    with (
        running_engine(engine_version="next", clock=HandClock()) as engine,
        RestEngineClient(engine.url) as client,
    ):
        uploaded(client, user_task("first", "second"), user_task("second"), id_="chosen")
        moved, stayed = (client.start_instance("chosen")["id"] for _ in range(2))
        engine.advance(hours=3)
        client.complete_user_task("first", "me", {}, instance_id=moved)
        now = datetime.fromtimestamp(engine.config.clock.now_ns() / 1e9, UTC)

        def listed(*options: str) -> list[str]:
            return rochallor("tasks", "list", *options, "-o", "name", url=engine.url, now=now).lines()

        assert sorted(listed()) == sorted([f"{moved}/second", f"{stayed}/first"])
        assert listed("--step", "second") == [f"{moved}/second"]
        assert listed("--older-than", "1h") == [f"{stayed}/first"]
        assert listed("--since", "1h") == []
