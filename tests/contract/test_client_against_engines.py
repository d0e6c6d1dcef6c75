"""Every method of the client against the embedded engine, and a real one where ROCHALLOR_TEST_ENGINE_URL is set."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from support.engines import running_engine
from support.sdk_workers import chain
from workflow_sdk.client.http import Exchange
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError, HeartbeatUnsupportedError

REAL = os.environ.get("ROCHALLOR_TEST_ENGINE_URL")


@pytest.fixture(scope="module", params=["embedded", REAL] if REAL else ["embedded"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param != "embedded":
        yield request.param
        return
    with running_engine() as engine:
        yield engine.url


@pytest.fixture
def client(url: str) -> Iterator[RestEngineClient]:
    with RestEngineClient(url) as opened:
        yield opened


@pytest.fixture
def name() -> str:
    """An id that no other test uses."""
    return f"t-{uuid.uuid4().hex[:12]}"


def status_of(error: pytest.ExceptionInfo[EngineClientError]) -> int:
    return error.value.status_code


def test_definitions_are_stored_read_and_listed(client: RestEngineClient, name: str) -> None:
    first = client.upload_definition(chain(name, "a"))
    second = client.upload_definition(chain(name, "a", "b"))
    assert (first["version"], second["version"]) == (1, 2)
    assert len(client.get_definition(name)["steps"]) == 3
    assert len(client.get_definition(name, version=1)["steps"]) == 2
    page = client.list_definitions(name)
    assert (page["total"], page["page"], page["pageSize"]) == (1, 0, 20)
    assert [item["id"] for item in page["items"]] == [name]


def test_an_empty_page_has_a_list(client: RestEngineClient, name: str) -> None:
    assert client.list_definitions(name)["items"] == []
    assert client.list_instances(definition_id=name) == {"items": [], "total": 0, "page": 0, "pageSize": 20}


def test_an_id_with_colons_is_found(client: RestEngineClient, name: str) -> None:
    client.upload_definition(chain(f"{name}::a", "t"))
    assert client.get_definition(f"{name}::a")["id"] == f"{name}::a"


def test_what_is_not_there_is_a_404(client: RestEngineClient, name: str) -> None:
    for ask in (client.get_definition, client.get_instance):
        with pytest.raises(EngineClientError) as caught:
            ask(name)
        assert (status_of(caught), caught.value.code) == (404, "not-found")


def test_an_unknown_definition_stays_the_engines_500(client: RestEngineClient, name: str) -> None:
    with pytest.raises(EngineClientError, match="definition not found") as caught:
        client.start_instance(name)
    assert status_of(caught) == 500


def test_an_instance_runs_from_start_to_history(client: RestEngineClient, name: str) -> None:
    client.upload_definition(chain(name, f"{name}-a", f"{name}-b"))
    started = client.start_instance(name, {"x": 1}, business_key="K-1")
    assert started["businessKey"] == "K-1"
    for step in "ab":
        (job,) = client.poll_jobs("w", [f"{name}-{step}"], 5)
        assert job["instanceId"] == started["id"]
        client.complete_job(job["id"], "w", {step: True})
    finished = client.get_instance(started["id"])
    assert (finished["status"], finished["variables"]) == ("COMPLETED", {"x": 1, "a": True, "b": True})
    history = client.get_instance_history(started["id"])
    assert [entry["stepId"] for entry in history] == ["s0", "s1", "end"]
    assert set(history[0]) == {
        "id",
        "instanceId",
        "stepId",
        "stepType",
        "attemptNumber",
        "status",
        "startedAt",
        "endedAt",
        "inputSnapshot",
        "outputSnapshot",
        "failureReason",
    }
    found = client.list_instances(definition_id=name, status="COMPLETED", business_key="K-1")
    assert [item["id"] for item in found["items"]] == [started["id"]]


def test_nothing_to_poll_is_an_empty_list(client: RestEngineClient, name: str) -> None:
    assert client.poll_jobs("w", [name]) == []


def test_an_unknown_instance_has_no_history(client: RestEngineClient, name: str) -> None:
    assert client.get_instance_history(name) == []


def test_a_failed_job_fails_its_instance(client: RestEngineClient, name: str) -> None:
    client.upload_definition(chain(name, name))
    instance = client.start_instance(name)["id"]
    (job,) = client.poll_jobs("w", [name])
    client.fail_job(job["id"], "w", "no luck", retryable=False)
    failed = client.get_instance(instance)
    assert (failed["status"], failed["failureReason"]) == ("FAILED", "no luck")


def test_cancelling_keeps_the_reason(client: RestEngineClient, name: str) -> None:
    client.upload_definition(chain(name, name))
    instance = client.start_instance(name)["id"]
    assert client.cancel_instance(instance, "wrong order")["status"] == "CANCELLED"
    assert client.get_instance(instance)["failureReason"] == "wrong order"


@pytest.fixture
def waiting(client: RestEngineClient, name: str) -> str:
    """An instance at a user task; then comes a wait, both with ids that a URL must treat with care."""
    steps: list[dict[str, Any]] = [
        {"id": "a:b @c", "name": "review", "type": "USER_TASK", "nextStep": "w$&+,:;=@~x"},
        {"id": "w$&+,:;=@~x", "name": "wait", "type": "WAIT", "nextStep": "end"},
        {"id": "end", "name": "end", "type": "END"},
    ]
    client.upload_definition({"id": name, "name": name, "steps": steps})
    return str(client.start_instance(name)["id"])


@pytest.mark.parametrize("form", ["both", "joined"])
def test_user_tasks_and_signals_reach_their_steps(client: RestEngineClient, waiting: str, form: str) -> None:
    if form == "both":
        client.complete_user_task("a:b @c", "jane", {"approved": True}, instance_id=waiting)
    else:
        client.complete_user_task(f"{waiting}/a:b @c", completed_by="jane", result={"approved": True})
    client.signal(waiting, "w$&+,:;=@~x", {"paid": 3})
    done = client.get_instance(waiting)
    assert (done["status"], done["variables"]) == ("COMPLETED", {"approved": True, "paid": 3})


def test_a_user_task_without_an_instance_goes_to_the_documented_route(client: RestEngineClient) -> None:
    with pytest.raises(EngineClientError) as caught:
        client.complete_user_task("task-1")
    assert status_of(caught) == 404


def test_this_engine_has_no_heartbeats(client: RestEngineClient, name: str) -> None:
    with pytest.raises(HeartbeatUnsupportedError):
        client.heartbeat_job(name, "w", 30)


def test_the_engine_says_that_it_is_well_and_how_it_dispatches(client: RestEngineClient) -> None:
    assert client.healthz() is None
    assert client.dispatch_mode() == "polling"


def test_any_request_can_be_sent_and_every_answer_comes_back(client: RestEngineClient, name: str) -> None:
    assert client.request("GET", "/no/such/route").status_code == 404
    answer = client.request(
        "GET", "/v1/definitions", params={"keyword": name}, headers={"Accept": "text/plain"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert '"total":0' in answer.text


def test_every_exchange_can_be_looked_at(url: str, name: str) -> None:
    seen: list[Exchange] = []
    with RestEngineClient(url, on_exchange=seen.append) as client, pytest.raises(EngineClientError):
        client.start_instance(name, {"a": 1})
    (exchange,) = seen
    assert (exchange.method, exchange.url, exchange.status) == ("POST", f"{url}/v1/instances", 500)
    assert b'"variables":{"a":1}' in exchange.request_body
    assert b"not found" in exchange.response_body
    assert exchange.duration_s > 0
