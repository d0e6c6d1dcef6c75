"""Heartbeats, with an engine's jobs in memory that knows them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from support.sdk_workers import running_runner
from support.waiting import wait_until
from workflow_sdk import current_job
from workflow_sdk.errors import HeartbeatUnsupportedError, LeaseLostError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.shift import lease_keeper
from workflow_sdk.testing import FakeEngineClient

LEASE_S = 0.6


class EngineWithLeases(FakeEngineClient):
    """Jobs are leased for LEASE_S; `error` is raised at the next extensions."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.extensions = 0

    def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        times = {"lockedAt": now.isoformat(), "lockExpiresAt": (now + timedelta(seconds=LEASE_S)).isoformat()}
        return [{**job, **times} for job in super().poll_jobs(worker_id, job_types, max_jobs)]

    def extend_job_lease(self, job_id: str, worker_id: str, lease_seconds: int = 0) -> str:
        self.extensions += 1
        if self.error is not None:
            raise self.error
        return (datetime.now(UTC) + timedelta(seconds=lease_seconds)).isoformat()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(registry=CollectorRegistry())


def counted(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("workflow_sdk_heartbeat_total", {"result": result}) or 0.0


def test_a_lease_is_extended_while_its_handler_runs(registry: HandlerRegistry, metrics: Metrics) -> None:
    engine, release, ends = EngineWithLeases(), threading.Event(), []

    @registry.handler("long")
    def long(job: Any) -> None:
        ends.append(current_job().lease_end)
        release.wait(60)
        ends.append(current_job().lease_end)

    job_id = engine.offer("long")
    with running_runner(engine, registry, metrics=metrics):
        wait_until(lambda: engine.extensions >= 2, "two extensions")
        release.set()
        wait_until(lambda: job_id in engine.completed, "the job to be done")
    assert ends[1] > ends[0]
    assert counted(metrics, "accepted") >= 1


def test_an_engine_that_cannot_extend_is_asked_once_and_overruns_are_counted(
    registry: HandlerRegistry, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    engine, release = EngineWithLeases(HeartbeatUnsupportedError("not here")), threading.Event()
    registry.register("long", lambda job: release.wait(60) and None)
    for _ in range(3):
        engine.offer("long")

    def overruns() -> float:
        labels = {"job_type": "long"}
        return metrics.registry.get_sample_value("workflow_sdk_lease_overruns_total", labels) or 0.0

    with running_runner(engine, registry, metrics=metrics):
        wait_until(lambda: overruns() == 3, "three overruns to be counted")
        release.set()
        wait_until(lambda: len(engine.completed) == 3, "the jobs to be done")
    assert engine.extensions <= 3
    assert "long job job-1 has run" in caplog.text


def test_an_engine_that_could_not_extend_is_asked_again_later(
    registry: HandlerRegistry, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be replaced by a newer one while a worker runs."""
    monkeypatch.setattr(lease_keeper, "ASK_AGAIN_S", 0.2)
    engine, release = EngineWithLeases(HeartbeatUnsupportedError("not here")), threading.Event()
    registry.register("long", lambda job: release.wait(60) and None)
    engine.offer("long")
    with running_runner(engine, registry, metrics=metrics):
        wait_until(lambda: counted(metrics, "rejected") >= 2, "a second question")
        engine.error = None
        wait_until(lambda: counted(metrics, "accepted") >= 2, "leases that are extended")
        release.set()


def test_a_lost_lease_tells_the_handler(registry: HandlerRegistry, metrics: Metrics) -> None:
    engine, told = EngineWithLeases(LeaseLostError("over")), threading.Event()

    @registry.handler("long")
    def long(job: Any) -> None:
        if job["cancel_event"].wait(60):
            told.set()

    engine.offer("long")
    with running_runner(engine, registry, metrics=metrics):
        wait_until(told.is_set, "the handler to be told")
    assert counted(metrics, "lease_lost") == 1


def test_a_failure_under_a_lost_lease_is_not_sent(registry: HandlerRegistry, metrics: Metrics) -> None:
    engine = EngineWithLeases(LeaseLostError("over"))

    @registry.handler("long")
    def long(job: Any) -> None:
        job["cancel_event"].wait(60)
        raise InterruptedError("told to stop")

    engine.offer("long")
    with running_runner(engine, registry, metrics=metrics) as running:
        wait_until(lambda: counted(metrics, "lease_lost") == 1, "the loss")
        wait_until(lambda: not running.snapshot.in_flight, "the job to be left")
    assert engine.failures == []


def test_an_extension_that_failed_is_tried_again(registry: HandlerRegistry, metrics: Metrics) -> None:
    engine, release = EngineWithLeases(ConnectionError("for a moment")), threading.Event()
    registry.register("long", lambda job: release.wait(60) and None)
    engine.offer("long")
    with running_runner(engine, registry, metrics=metrics):
        wait_until(lambda: counted(metrics, "retry") >= 1, "a failed extension")
        engine.error = None
        wait_until(lambda: counted(metrics, "accepted") >= 1, "an accepted one")
        release.set()


def test_nobody_is_asked_where_extensions_are_unwanted(registry: HandlerRegistry, metrics: Metrics) -> None:
    engine = EngineWithLeases()

    @registry.handler("long")
    def long(job: Any) -> None:
        current_job().stopping.wait(LEASE_S)

    job_id = engine.offer("long")
    with running_runner(engine, registry, metrics=metrics, heartbeat=False):
        wait_until(lambda: job_id in engine.completed, "the job to be done")
    assert engine.extensions == 0


@pytest.mark.parametrize("can", [True, False])
def test_who_insists_on_extensions_gets_one_before_the_handler_or_an_error(
    registry: HandlerRegistry, metrics: Metrics, can: bool
) -> None:
    engine = EngineWithLeases(None if can else HeartbeatUnsupportedError("not here"))
    extensions_before: list[int] = []
    registry.register("long", lambda job: extensions_before.append(engine.extensions))
    job_id = engine.offer("long")
    with running_runner(engine, registry, metrics=metrics, heartbeat=True) as running:
        if can:
            wait_until(lambda: job_id in engine.completed, "the job to be done")
            running.stop()
        else:
            with pytest.raises(HeartbeatUnsupportedError):
                running.end()
    assert extensions_before == ([1] if can else [])


class EngineOfLostLeases(EngineWithLeases):
    """The leases of `lost` jobs cannot be extended any more."""

    lost: frozenset[str] = frozenset()

    def extend_job_lease(self, job_id: str, worker_id: str, lease_seconds: int = 0) -> str:
        if job_id in self.lost:
            raise LeaseLostError("over")
        return super().extend_job_lease(job_id, worker_id, lease_seconds)


def test_who_has_lost_the_leases_of_all_first_jobs_claims_again(
    registry: HandlerRegistry, metrics: Metrics
) -> None:
    engine = EngineOfLostLeases()
    registry.register("long", lambda job: None)
    engine.lost = frozenset(engine.offer("long") for _ in range(2))
    job_id = engine.offer("long")
    # As many slots as there are jobs to lose: nothing else is in flight that could wake the poller.
    with running_runner(engine, registry, metrics=metrics, heartbeat=True, parallelism=2):
        wait_until(lambda: job_id in engine.completed, "the next job to be done")
    assert not engine.lost & engine.completed.keys()
