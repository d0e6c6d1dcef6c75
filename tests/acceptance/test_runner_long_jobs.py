"""Jobs that outlive their leases, on engines of all kinds: each attempt runs once, and what is counted counted."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from support.engines import running_engine
from support.sdk_workers import chain, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import current_job

SECONDS = (0.2, 0.9, 1.3, 2.2, 3.1)


def registry_of(runs: Counter[tuple[str, int]]) -> HandlerRegistry:
    registry = HandlerRegistry()

    @registry.handler("long")
    def long(job: dict[str, Any]) -> dict[str, Any]:
        runs[(job["stepExecutionId"], job["retriesRemaining"])] += 1
        time.sleep(job["variables"]["seconds"])  # what a long handler does
        if job["variables"]["fails"] and job["retriesRemaining"]:
            raise RuntimeError("wanted")
        return {"slept": job["variables"]["seconds"]}

    return registry


@pytest.mark.parametrize("version", ["0", "next", "leases"])
def test_each_attempt_runs_once_however_long_it_takes(version: str) -> None:
    runs: Counter[tuple[str, int]] = Counter()
    with (
        running_engine(engine_version=version, lease_s=1.0, sweep_s=0.3) as engine,
        RestEngineClient(engine.url) as client,
    ):
        client.upload_definition(chain("flow", "long", retries=1))
        instances = [
            client.start_instance("flow", {"seconds": seconds, "fails": fails})["id"]
            for seconds in SECONDS
            for fails in (False, True)
        ]
        with running_runner(client, registry_of(runs), parallelism=12) as running:
            wait_for_status(client, instances)
            summary = running.stop()
        slept = {client.get_instance(each)["variables"]["slept"] for each in instances}
    assert set(runs.values()) == {1}
    assert len(runs) == len(SECONDS) * 3
    assert slept == set(SECONDS)
    assert summary.types["long"].done == len(instances)
    assert summary.abandoned == ()


@pytest.mark.parametrize("version", ["0", "leases"])
def test_of_two_workers_each_runs_an_attempt_once_at_most_and_every_job_ends(version: str) -> None:
    """Where a lease has ended the other may claim the job: it runs there as well, and in neither a second time."""
    runs: dict[str, Counter[tuple[str, int]]] = {"one": Counter(), "two": Counter()}
    with (
        running_engine(engine_version=version, lease_s=1.0, sweep_s=0.3) as engine,
        RestEngineClient(engine.url) as client,
    ):
        client.upload_definition(chain("flow", "long", retries=1))
        instances = [
            client.start_instance("flow", {"seconds": seconds, "fails": False})["id"]
            for seconds in SECONDS
            for _ in range(2)
        ]
        with (
            running_runner(client, registry_of(runs["one"]), worker_id="one", parallelism=6) as one,
            running_runner(client, registry_of(runs["two"]), worker_id="two", parallelism=6) as two,
        ):
            wait_for_status(client, instances)
            summaries = [one.stop(), two.stop()]
        histories = [client.get_instance_history(each) for each in instances]
    assert {count for counts in runs.values() for count in counts.values()} == {1}
    assert runs["one"].keys() | runs["two"].keys() == {(rows[0]["id"], 1) for rows in histories}
    assert [summary.abandoned for summary in summaries] == [(), ()]


def test_a_late_result_is_counted_once_the_engine_has_it() -> None:
    """Version "leases" drops it without a word, and hands the job out again under another id."""
    runs: Counter[tuple[str, int]] = Counter()
    with (
        running_engine(engine_version="leases", lease_s=1.0, sweep_s=30.0) as engine,
        RestEngineClient(engine.url) as client,
    ):
        client.upload_definition(chain("flow", "long", retries=1))
        client.start_instance("flow", {"seconds": 1.5, "fails": False})
        with running_runner(client, registry_of(runs), parallelism=4, drain_timeout=1.0) as running:
            wait_until(lambda: running.snapshot.waiting_reports, "a result that waits")
            summary = running.stop()
    assert summary.types["long"].done == 0
    assert len(summary.abandoned) == 1


def test_the_leases_end_that_a_handler_sees_is_on_the_monotonic_clock() -> None:
    seen: list[tuple[float | None, float | None, float]] = []
    registry = HandlerRegistry()

    @registry.handler("long")
    def look(job: object) -> None:
        seen.append((current_job().lease_end, current_job().lease_left_s, time.monotonic()))

    with running_engine(lease_s=20.0) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(chain("flow", "long"))
        instance = client.start_instance("flow")["id"]
        with running_runner(client, registry):
            wait_for_status(client, [instance])
    ((end, left_s, now),) = seen
    assert end is not None
    assert left_s is not None
    assert 10.0 < end - now <= 20.0
    assert 10.0 < left_s <= 20.0
