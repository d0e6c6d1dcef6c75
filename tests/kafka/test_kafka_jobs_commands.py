"""Bringing back what was lost: a job found in Kafka, completed or failed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.command_line import rochallor
from support.engines import running_engine
from support.sdk_workers import chain
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    with running_engine(dispatch="kafka") as started:
        yield started


@pytest.fixture
def lost(engine: DevEngine) -> Iterator[tuple[RestEngineClient, list[str]]]:
    """Two instances whose jobs nobody will ever do."""
    with RestEngineClient(engine.url) as client:
        client.upload_definition(chain("flow", "work", retries=1))
        yield client, [client.start_instance("flow")["id"] for _ in range(2)]


def found(engine: DevEngine, instance: str) -> list[dict[str, object]]:
    result = rochallor(
        "jobs", "find", instance, "--brokers", engine.brokers, "--engine-url", engine.url, "-o", "json"
    )
    return json.loads(result.stdout) if result.exit_status == 0 else []


def test_a_lost_job_is_found_and_completed_by_hand(
    engine: DevEngine, lost: tuple[RestEngineClient, list[str]]
) -> None:
    client, (instance, _) = lost
    wait_until(lambda: found(engine, instance), "the job's record")
    (job,) = found(engine, instance)
    assert (job["jobType"], job["stepId"], job["retriesRemaining"]) == ("work", "s0", 1)
    arguments = ("jobs", "complete", str(job["id"]), "--engine-url", engine.url, "--var", "by=hand")
    assert rochallor(*arguments).exit_status == 2  # nobody can be asked here
    result = rochallor(*arguments, "--yes")
    assert (result.exit_status, result.stdout) == (0, f"completed {job['id']}\n")
    done = client.get_instance(instance)
    assert (done["status"], done["variables"]) == ("COMPLETED", {"by": "hand"})
    again = rochallor("jobs", "find", instance, "--brokers", engine.brokers, "--engine-url", engine.url)
    assert again.exit_status == 7


def test_a_failure_by_hand_has_it_published_anew(
    engine: DevEngine, lost: tuple[RestEngineClient, list[str]]
) -> None:
    client, (_, instance) = lost
    wait_until(lambda: found(engine, instance), "the job's record")
    job_id = str(found(engine, instance)[0]["id"])
    assert rochallor("jobs", "fail", job_id, "--yes", "--engine-url", engine.url).exit_status == 0
    wait_until(lambda: found(engine, instance)[0]["retriesRemaining"] == 0, "the next attempt's record")
    final = rochallor(
        "jobs", "fail", job_id, "--final", "-m", "given up", "--yes", "--engine-url", engine.url
    )
    assert final.exit_status == 0
    assert client.get_instance(instance)["failureReason"] == "given up"


def test_what_is_not_there_is_said(engine: DevEngine, lost: tuple[RestEngineClient, list[str]]) -> None:
    _, (instance, _) = lost
    unknown = rochallor("jobs", "complete", "01J0000000000000000000000X", "--yes", "--engine-url", engine.url)
    assert unknown.exit_status == 6
    assert "jobs find" in unknown.stderr
    no_brokers = rochallor("jobs", "find", instance, "--engine-url", engine.url)
    assert no_brokers.exit_status == 2
    away = rochallor("jobs", "find", instance, "--brokers", "127.0.0.1:1", "--engine-url", engine.url)
    assert away.exit_status == 5
