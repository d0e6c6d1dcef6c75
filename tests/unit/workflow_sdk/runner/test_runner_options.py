"""What a Runner takes, and what it makes of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from support.sdk_workers import running_runner
from support.waiting import wait_until
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner import Runner
from workflow_sdk.testing import FakeEngineClient


class WatchedEngine(FakeEngineClient):
    """Remembers what it was asked for, and who holds what."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, tuple[str, ...], int]] = []

    def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
        self.asked.append((worker_id, tuple(job_types), max_jobs))
        return super().poll_jobs(worker_id, job_types, max_jobs)


@pytest.fixture
def registry() -> HandlerRegistry:
    made = HandlerRegistry()
    made.register("a", lambda job: None)
    made.register("b", lambda job: None)
    return made


def test_a_worker_needs_a_name(registry: HandlerRegistry) -> None:
    with pytest.raises(ValueError, match="worker_id is empty"):
        Runner(FakeEngineClient(), registry, "")


@pytest.mark.parametrize("seconds", [-1, 4, 3601])
def test_a_lease_must_be_one_that_engines_give(registry: HandlerRegistry, seconds: int) -> None:
    with pytest.raises(ValueError, match="lease_seconds"):
        Runner(FakeEngineClient(), registry, "w", lease_seconds=seconds)


@pytest.mark.parametrize("nothing", [0, -3])
def test_no_parallelism_and_no_interval_mean_the_defaults(registry: HandlerRegistry, nothing: int) -> None:
    engine = WatchedEngine()
    with running_runner(engine, registry, parallelism=nothing, poll_interval=nothing) as running:
        wait_until(lambda: engine.asked, "a poll")
        assert running.snapshot.slots == 64
    assert engine.asked[0] == ("w1", ("a", "b"), 64)


def test_a_worker_can_be_held_to_some_of_its_types(registry: HandlerRegistry) -> None:
    engine = WatchedEngine()
    with running_runner(engine, registry, job_types=["b", "c"]):
        wait_until(lambda: engine.asked, "a poll")
    assert {types for _, types, _ in engine.asked} == {("b",)}


def test_a_handler_registered_later_is_served(registry: HandlerRegistry) -> None:
    engine, empty = WatchedEngine(), HandlerRegistry()
    job_id = engine.offer("late")
    with running_runner(engine, empty, poll_interval=0.02):
        empty.register("late", lambda job: None)
        wait_until(lambda: job_id in engine.completed, "the job to be done")
    assert all(types == ("late",) for _, types, _ in engine.asked)


def test_a_job_of_a_type_without_handler_is_failed_without_retry(registry: HandlerRegistry) -> None:
    class Careless(FakeEngineClient):
        def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
            return super().poll_jobs(worker_id, ["unasked"], max_jobs)

    engine = Careless()
    job_id = engine.offer("unasked", retries=3)
    with running_runner(engine, registry):
        wait_until(lambda: job_id in engine.failed, "the job to be failed")
    assert engine.failed[job_id] == "this worker has no handler for job type 'unasked'"


def test_the_published_name_of_the_drain_time_counts(registry: HandlerRegistry) -> None:
    engine, release = FakeEngineClient(), threading.Event()
    registry.register("stuck", lambda job: release.wait(60) and None)
    engine.offer("stuck")
    with running_runner(engine, registry, shutdown_timeout=0.05) as running:
        wait_until(lambda: running.snapshot.in_flight, "the job to run")
        summary = running.stop()
    release.set()
    assert [job.job_id for job in summary.abandoned] == ["job-1"]
    assert 0.05 <= summary.drain_s < 10


def test_a_job_that_nobody_can_read_is_said_once_and_counted(
    registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(FakeEngineClient):
        def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
            return [{"jobType": "a"}, *super().poll_jobs(worker_id, job_types, max_jobs)]

    engine = Odd()
    metrics = Metrics(registry=CollectorRegistry())
    job_id = engine.offer("a")
    with running_runner(engine, registry, metrics=metrics, poll_interval=0.01):
        wait_until(lambda: metrics.unreadable_jobs._value.get() >= 3, "it comes again and again")
        wait_until(lambda: job_id in engine.completed, "the job beside it")
    said = [record.message for record in caplog.records if "cannot be read" in record.message]
    assert len(said) == 1
    assert said[0].startswith(
        "a job without an id of instance (not said) cannot be read: KeyError: 'id'. It is left"
    )


@pytest.mark.parametrize("fails", [False, True])
def test_a_result_that_the_drain_leaves_behind_is_named_with_its_job(
    fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(FakeEngineClient):
        def complete_job(self, job_id: str, worker_id: str, variables: dict[str, Any] | None = None) -> None:
            raise ConnectionRefusedError("nobody listens")

        def fail_job(self, job_id: str, worker_id: str, error_message: str, retryable: bool = True) -> None:
            raise ConnectionRefusedError("nobody listens")

    def work(job: dict[str, Any]) -> None:
        if fails:
            raise ValueError("no")

    engine, registry = Away(), HandlerRegistry()
    registry.register("a", work)
    engine.offer("a")
    with running_runner(engine, registry, drain_timeout=0.05) as running:
        wait_until(lambda: running.snapshot.waiting_reports, "the report to wait")
        (left,) = running.stop().abandoned
    what = "failure" if fails else "completion"
    assert left.where.endswith(f"work; its {what} is not acknowledged")
    assert f"its {what} is not acknowledged" in caplog.text


def test_threads_are_no_more_than_slots_and_one(registry: HandlerRegistry) -> None:
    engine = FakeEngineClient()
    for _ in range(200):
        engine.offer("a")
    with running_runner(engine, registry, worker_id="counted", parallelism=5):
        wait_until(lambda: len(engine.completed) == 200, "all jobs to be done")
        names = [thread.name for thread in threading.enumerate() if thread.name.startswith("counted")]
    assert len(names) <= 6
    assert "counted loop" in names


def test_the_summary_counts_by_type(registry: HandlerRegistry) -> None:
    engine = FakeEngineClient()

    @registry.handler("flaky")
    def flaky(job: Any) -> None:
        if job.retries_remaining:
            raise ConnectionError("not yet")

    @registry.handler("broken")
    def broken(job: Any) -> None:
        raise ValueError("never")

    for _ in range(3):
        engine.offer("a")
    engine.offer("flaky", retries=2)
    engine.offer("broken", retries=1)
    types = engine.work(registry).types
    assert (types["a"].done, types["a"].failed, types["a"].retried) == (3, 0, 0)
    assert (types["flaky"].done, types["flaky"].failed, types["flaky"].retried) == (1, 0, 2)
    assert (types["broken"].done, types["broken"].failed, types["broken"].retried) == (0, 1, 1)
    assert 0 <= types["a"].p50_s <= types["a"].p99_s
