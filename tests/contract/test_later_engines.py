"""What later versions of the engine do and no recording shows: leases, chains, timers, keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, HandClock
from support.engines import running_engine
from support.workflows import document, service, timer, user_task, wait
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError

CHAINED: dict[str, Any] = {"autoStartNextWorkflow": True, "nextWorkflowId": "after"}
INTERRUPTED = [timer("PT1M", "late", interrupting=True)]


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[DevEngine]:
    version = getattr(request, "param", "leases")
    with running_engine(engine_version=version, clock=HandClock()) as running:
        yield running


@pytest.fixture
def client(engine: DevEngine) -> Iterator[RestEngineClient]:
    with RestEngineClient(engine.url) as found:
        yield found


def start(client: RestEngineClient, steps: dict[str, Any], **options: Any) -> str:
    client.upload_definition(steps)
    return str(client.start_instance(steps["id"], {"a": 1}, **options)["id"])


# --- strict leases ----------------------------------------------------------------------------------


def test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution(
    engine: DevEngine, client: RestEngineClient
) -> None:
    start(client, document(service("work", retryCount=2)))
    [first] = client.poll_jobs("one", ["work"])
    engine.advance(45)
    [second] = client.poll_jobs("two", ["work"])
    assert second["id"] != first["id"]
    same = ("stepExecutionId", "retriesRemaining", "variables", "instanceId")
    assert [second[name] for name in same] == [first[name] for name in same]


def test_a_job_of_an_ended_instance_does_not_come_back_when_its_lease_ends(
    engine: DevEngine, client: RestEngineClient
) -> None:
    instance = start(client, document(service("work")))
    client.poll_jobs("one", ["work"])
    client.cancel_instance(instance, "stop")
    engine.advance(60)
    assert client.poll_jobs("two", ["work"]) == []


def test_a_report_counts_only_from_the_worker_that_holds_the_job(client: RestEngineClient) -> None:
    instance = start(client, document(service("work", retryCount=1)))
    [job] = client.poll_jobs("one", ["work"])
    client.fail_job(job["id"], "one", "once", retryable=True)
    [other] = client.poll_jobs("two", ["work"])
    client.complete_job(other["id"], "one", {"x": 1})
    assert client.get_instance(instance)["status"] == "ACTIVE"
    client.complete_job(other["id"], "two", {"x": 2})
    assert client.get_instance(instance)["variables"] == {"a": 1, "x": 2}


def test_a_report_into_an_ended_instance_leaves_its_history_as_it_is(client: RestEngineClient) -> None:
    instance = start(client, document(service("work")))
    [job] = client.poll_jobs("one", ["work"])
    client.cancel_instance(instance, "stop")
    client.complete_job(job["id"], "one")
    assert [row["status"] for row in client.get_instance_history(instance)] == ["RUNNING"]


def test_a_dropped_report_is_warned_of(client: RestEngineClient, caplog: pytest.LogCaptureFixture) -> None:
    start(client, document(service("work")))
    [job] = client.poll_jobs("one", ["work"])
    client.complete_job(job["id"], "two")
    assert "W604 flow v1" in caplog.text
    assert 'was dropped: it is leased to "one"' in caplog.text


# --- timers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "answer"), [("next", None), ("leases", 404)], indirect=["engine"])
def test_an_interrupted_user_task_can_be_completed_up_to_the_version_that_closes_it(
    engine: DevEngine, client: RestEngineClient, answer: int | None
) -> None:
    instance = start(
        client, document(user_task("ask", "hold", boundaryEvents=INTERRUPTED), wait("hold"), wait("late"))
    )
    engine.advance(minutes=2)
    if answer is None:
        client.complete_user_task("ask", instance_id=instance)
        assert client.get_instance(instance)["currentStepIds"] == ["late", "hold"]
        return
    with pytest.raises(EngineClientError) as refused:
        client.complete_user_task("ask", instance_id=instance)
    assert refused.value.status_code == answer


@pytest.mark.parametrize("engine", ["next", "leases"], indirect=True)
def test_a_timer_whose_target_cannot_be_entered_is_lost_or_stays_due_by_the_version(
    engine: DevEngine, client: RestEngineClient, caplog: pytest.LogCaptureFixture
) -> None:
    branches = {"a == 2": "hold", "a != 2": "nowhere"}
    steps = document(
        wait("hold", boundaryEvents=[timer("PT1M", "ask", interrupting=False)]),
        wait("ask", boundaryEvents=[timer("PT0S", "end", interrupting=False)], conditionalNextSteps=branches),
    )
    instance = start(client, steps)
    engine.advance(minutes=2)
    assert client.get_instance(instance)["currentStepIds"] == ["hold"]
    assert "W406" in caplog.text
    is_kept = engine.config.rules.atomic_timers
    assert ("it is tried again" in caplog.text) == is_kept
    assert ("is lost" in caplog.text) != is_kept


# --- chains and keys --------------------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "started"), [("next", 0), ("leases", 1)], indirect=["engine"])
def test_a_next_workflow_that_is_missing_is_started_later_by_the_versions_with_durable_chains(
    engine: DevEngine, client: RestEngineClient, started: int
) -> None:
    start(client, document(service("work"), **CHAINED))
    [job] = client.poll_jobs("w", ["work"])
    client.complete_job(job["id"], "w", {"b": 2})
    engine.advance(10)
    client.upload_definition(document(service("next"), id_="after"))
    engine.advance(10)
    found = client.list_instances(definition_id="after")
    assert found["total"] == started
    if started:
        assert found["items"][0]["variables"] == {"a": 1, "b": 2}


def test_a_chain_that_a_business_key_hinders_goes_on_once_the_key_is_free(
    engine: DevEngine, client: RestEngineClient
) -> None:
    client.upload_definition(document(service("next"), id_="after"))
    held = client.start_instance("after", {}, business_key="k")["id"]
    start(client, document(service("work"), **CHAINED), business_key="k")
    [job] = client.poll_jobs("w", ["work"])
    client.complete_job(job["id"], "w")
    engine.advance(10)
    assert client.list_instances(definition_id="after")["total"] == 1
    client.cancel_instance(held, "done")
    engine.advance(10)
    [chained, _] = client.list_instances(definition_id="after")["items"]
    assert (chained["status"], chained["businessKey"]) == ("ACTIVE", "k")


@pytest.mark.parametrize("engine", ["1.0.0"], indirect=True)
def test_before_1_0_1_a_business_key_may_be_used_twice_and_chains_have_none(
    engine: DevEngine, client: RestEngineClient
) -> None:
    client.upload_definition(document(service("next"), id_="after"))
    first = start(client, document(service("work"), **CHAINED), business_key="k")
    assert client.start_instance("flow", {}, business_key="k")["id"] != first
    for job in client.poll_jobs("w", ["work"], 10):
        client.complete_job(job["id"], "w")
    engine.advance(1)
    assert [each.get("businessKey") for each in client.list_instances(definition_id="after")["items"]] == [
        None
    ] * 2


# --- what GET gives back ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["0", "1.0.0"], indirect=True)
def test_a_definition_comes_back_with_its_maps_in_the_engines_order(
    engine: DevEngine, client: RestEngineClient
) -> None:
    branches = {"a > 1000 && b": "hold", "é": "hold", "b > 1": "hold", "a > 1": "end", "zz": "hold"}
    steps = document(
        service("work", conditionalNextSteps=branches),
        wait("hold"),
        metadata={"zz": {"b": 1, "aaa": 2}, "aaa": 1},
    )
    client.upload_definition(steps)
    found = client.get_definition("flow")
    stored = ["zz", "é", "a > 1", "b > 1", "a > 1000 && b"]
    by_bytes = ["a > 1", "a > 1000 && b", "b > 1", "zz", "é"]
    ordered = engine.config.rules.ordered_branches
    assert list(found["steps"][0]["conditionalNextSteps"]) == (stored if ordered else by_bytes)
    assert list(found["metadata"]) == ["aaa", "zz"]
    assert list(found["metadata"]["zz"]) == ["b", "aaa"]


def test_variables_come_back_in_the_order_of_the_engines_database(client: RestEngineClient) -> None:
    client.upload_definition(document(service("work")))
    values = {"ccc": {"bb": 1, "a": 2}, "é": 1, "b": 2, "aaa": 3, "zz": 4}
    instance = client.start_instance("flow", values)["id"]
    found = client.get_instance(instance)["variables"]
    assert list(found) == ["b", "zz", "é", "aaa", "ccc"]
    assert list(found["ccc"]) == ["a", "bb"]
