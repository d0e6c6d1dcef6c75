"""What a Kafka worker does for a job, counted rather than timed: requests, commits, threads, wake-ups."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.brokers import Broker, broker_at, produce
from benchmarks.contenders import ours
from benchmarks.engines import Engine, null_engine
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of
from support.counted_work import Spent, count_worker
from support.fault_proxy import fault_proxy
from support.kafka_workers import running_worker
from support.sdk_workers import Executions, registry_of
from support.waiting import wait_until
from support.wake_ups import needs_proc, wake_ups
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.shift.plan import REPORTS_WITHOUT_SLOT
from workflow_sdk.runner.summary import RunnerSnapshot

JOB_TYPE = "counted"
JOBS = 2_000
PARALLELISM = 16
WAKE_UPS = 100
TRICKLED = 30
# The caller, the loop, its helpers and the consumer; librdkafka's own threads are not counted.
OWN_THREADS = 5


@pytest.fixture
def engine() -> Iterator[Engine]:
    with null_engine() as engine:
        yield engine


@pytest.fixture
def broker() -> Iterator[Broker]:
    with broker_at(None) as broker:
        broker.create_topics([topic_of(JOB_TYPE)], partitions=1)
        yield broker


def registry() -> HandlerRegistry:
    registry = HandlerRegistry()
    registry.register(JOB_TYPE, lambda job: {"done": True})
    return registry


def test_a_backlog_costs_one_request_a_job_and_far_fewer_commits(broker: Broker, engine: Engine) -> None:
    produce(broker.address, JOB_TYPE, partitions=1, per_partition=JOBS)
    before = threading.active_count()
    with running_worker(broker.address, engine.url, registry(), parallelism=PARALLELISM) as worker:
        wait_until(lambda: engine.counts()["completed"] >= JOBS, "all reports", timeout_s=60)
        threads = threading.active_count() - before
        commits = worker.metrics.registry.get_sample_value(
            "workflow_sdk_kafka_commits_total", {"topic": topic_of(JOB_TYPE)}
        )
    counts = engine.counts()
    assert counts["completed"] == JOBS
    assert counts["failed"] == counts["claimed"] == 0
    # One at the start to see whether the engine is there, and another where the group took long to join.
    assert counts["polls"] <= 3
    # They follow the results in batches: some 80, more on a busy machine, where batches are smaller.
    assert commits is not None
    assert 1 <= commits <= JOBS / 2
    assert threads <= PARALLELISM + OWN_THREADS


def test_a_job_of_a_backlog_costs_one_write_one_read_and_neither_future_nor_task(
    broker: Broker, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the worker's loop; the consumer's thread is the Kafka client's."""
    counts = count_worker(monkeypatch, "counted")
    produce(broker.address, JOB_TYPE, partitions=1, per_partition=JOBS)
    begun_s = time.monotonic()
    with running_worker(broker.address, engine.url, registry(), worker_id="counted", parallelism=PARALLELISM):
        wait_until(lambda: engine.counts()["completed"] >= JOBS, "all reports", timeout_s=60)
    asked = engine.counts()
    job = Spent(counts, jobs=asked["completed"], polls=asked["polls"], took_s=time.monotonic() - begun_s)
    assert counts["writes"] == job.jobs + job.polls
    assert job.is_within("reads", per_job=1.01)
    assert job.is_within("futures", per_job=0.1)
    assert job.is_within("timers", per_job=0, per_tick=2)
    assert job.is_within("tasks", per_job=0)
    assert job.is_within("callbacks", per_job=1, per_tick=1)
    assert job.is_within("wakes", per_job=0.4)
    assert job.is_within("waits", per_job=0.7, per_tick=1)


def test_jobs_that_trickle_in_cost_one_request_and_at_most_one_commit_each(
    broker: Broker, engine: Engine
) -> None:
    with (
        fault_proxy(engine.url) as proxy,
        running_worker(broker.address, proxy.url, registry(), parallelism=PARALLELISM) as worker,
    ):
        for done in range(1, TRICKLED + 1):
            produce(broker.address, JOB_TYPE, partitions=1, per_partition=1, tag=f"t{done}-")
            wait_until(lambda done=done: engine.counts()["completed"] == done, "the job's report")
        commits = worker.metrics.registry.get_sample_value(
            "workflow_sdk_kafka_commits_total", {"topic": topic_of(JOB_TYPE)}
        )
        others = [seen.path for seen in proxy.seen if not seen.path.endswith("/complete")]
        assert len(proxy.paths("/complete")) == TRICKLED
        # Nothing but the questions whether the engine is there, at the start and where it was quiet for a while.
        assert set(others) <= {"/v1/jobs/poll"}
        assert commits is not None
        assert commits <= TRICKLED + 1
        assert proxy.connections <= 3


def test_no_more_jobs_are_in_flight_than_slots_and_sixteen(broker: Broker, engine: Engine) -> None:
    """What is in flight is run again when the process dies."""
    produce(broker.address, JOB_TYPE, partitions=1, per_partition=10 * PARALLELISM)
    executions = Executions()
    with fault_proxy(engine.url) as proxy:
        proxy.fault = lambda seen: "hang" if seen.path.endswith("/complete") else None
        handled = registry_of(executions, job_type=JOB_TYPE)
        with running_worker(
            broker.address, proxy.url, handled, parallelism=PARALLELISM, drain_timeout=0.1
        ) as worker:
            wait_until(lambda: waits_for_reports_alone(worker.snapshot()), "every slot waits for a report")
            assert executions.total == worker.snapshot().waiting_reports <= PARALLELISM + 16


def waits_for_reports_alone(snapshot: RunnerSnapshot) -> bool:
    return snapshot.waiting_reports == len(snapshot.in_flight) >= PARALLELISM + REPORTS_WITHOUT_SLOT


@needs_proc
@pytest.mark.slow
def test_an_idle_kafka_worker_wakes_up_seldom(broker: Broker, engine: Engine) -> None:
    produce(broker.address, JOB_TYPE, partitions=1, per_partition=PARALLELISM)
    with ours().worker(engine.url, f"--brokers={broker.address}", f"--job-types={JOB_TYPE}") as worker:
        wait_until(lambda: engine.counts()["completed"] == PARALLELISM, "the first jobs done", timeout_s=30)
        before, begin_s = wake_ups(worker.pid), time.monotonic()
        wait_until(lambda: wake_ups(worker.pid) >= before + WAKE_UPS, "the worker has woken up often")
        took_s = time.monotonic() - begin_s
    # The consumer's turns, the intake's ticks and what the Kafka client wakes up for by itself make some 22 a
    # second. A busy machine makes them fewer, never more.
    assert took_s >= WAKE_UPS / 45
