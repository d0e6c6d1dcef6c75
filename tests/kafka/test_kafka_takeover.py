"""A worker that takes a partition over: what the one before it has reported, and could not commit, is not undone."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import Any

import pytest
from confluent_kafka import Consumer

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.kafka_jobs import TOPIC, Handler, committed, names, publish, registry_of
from support.kafka_workers import running_worker
from support.reporting_engine import ReportingEngine
from support.waiting import wait_until
from workflow_sdk.job import Job
from workflow_sdk.runner.kafka import takeover
from workflow_sdk.runner.kafka.offsets import WINDOW

PARTITION = {"topic": TOPIC, "partition": "0"}


def fail_the_first(job: Job) -> dict[str, object]:
    if job.job_id == "j0" and job.retries_remaining == 3:
        raise ValueError("at once")
    return {}


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("between", [0, WINDOW + 200], ids=["next to it", "beyond the window"])
def test_an_attempt_that_was_failed_before_is_not_failed_again(
    broker: EmbeddedBroker, engine: ReportingEngine, between: int, ordering: str
) -> None:
    """Its failure comes before the retry's record is read: the two were not published together."""
    publish(broker, "j0")
    publish(broker, *(f"k{number}" for number in range(between)))
    publish(broker, "j0", dedup_id="retry", retries_remaining=2)
    with running_worker(broker.address, engine.url, registry_of(fail_the_first), ordering=ordering):
        wait_until(lambda: committed(broker) == 2 + between, "the commit of all")
    assert (engine.failed["j0"], engine.completed["j0"]) == (0, 1)


def test_a_retry_that_is_published_long_after_the_partition_came_is_not_spent(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    """The engine had failed the attempt, and was away before it could say so: after another failure was looked at."""
    may_end = threading.Event()

    def work(job: Job) -> dict[str, object]:
        if job.job_id == "j0" and job.retries_remaining == 3:
            may_end.wait(60)
            raise ValueError("at last")
        if job.job_id == "k":
            raise ValueError("soon")
        return {}

    publish(broker, "j0", "k")
    with running_worker(broker.address, engine.url, registry_of(work)):
        wait_until(lambda: engine.failed["k"], "the failure that was looked at")
        publish(broker, *(f"k{number}" for number in range(WINDOW + 200)))
        publish(broker, "j0", dedup_id="retry", retries_remaining=2)
        may_end.set()
        wait_until(lambda: committed(broker) == WINDOW + 203, "the commit of all")
    assert (engine.failed["j0"], engine.completed["j0"]) == (0, 1)


def test_a_retry_that_is_published_after_its_step_was_done_here_undoes_nothing(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    """Its earlier owner had failed the attempt, and the engine could not publish that before this one had done it."""

    def work(job: Job) -> dict[str, object]:
        if job.retries_remaining == 2:
            raise ValueError("the retry")
        return {}

    publish(broker, "j0")
    with running_worker(broker.address, engine.url, registry_of(work)):
        wait_until(lambda: committed(broker) == 1, "the commit of what was there")
        publish(broker, "j0", dedup_id="retry", retries_remaining=2)
        wait_until(lambda: committed(broker) == 2, "the commit of the retry")
    assert (engine.failed["j0"], engine.completed["j0"]) == (0, 1)


def test_an_attempt_whose_retry_was_read_with_it_is_not_failed_again(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    """In one batch, of records that nobody can have inherited: it waits behind the attempt before that one begins."""
    handler = Handler()
    handler.held = {"first"}

    def work(job: Job) -> dict[str, object]:
        return fail_the_first(job) if job.job_id == "j0" else handler(job)

    publish(broker, "before")
    with running_worker(broker.address, engine.url, registry_of(work)) as worker:
        value = worker.metrics.registry.get_sample_value
        wait_until(lambda: value("workflow_sdk_kafka_lag", PARTITION) is not None, "the end of the partition")
        publish(broker, "first", instance_id="instance-of-j0")
        publish(broker, "j0")
        publish(broker, "j0", dedup_id="retry", retries_remaining=2)
        publish(broker, "last")
        wait_until(lambda: engine.completed["last"], "the record behind the retry")
        handler.may_end.set()
        wait_until(lambda: committed(broker) == 5, "the commit of all")
        summary = worker.stop()
    assert (engine.failed["j0"], engine.completed["j0"]) == (0, 1)
    assert summary.types["a"].failed == 0


def test_a_retry_is_known_by_its_step_also_under_another_id(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    publish(broker, "j0")
    of_j0 = {"instance_id": "instance-of-j0", "step_execution_id": "step-of-j0"}
    publish(broker, "j0-again", dedup_id="retry", retries_remaining=2, **of_j0)
    with running_worker(broker.address, engine.url, registry_of(fail_the_first)):
        wait_until(lambda: committed(broker) == 2, "the commit of both")
    assert (engine.failed, engine.completed) == (Counter(), Counter({"j0-again": 1}))


@pytest.mark.parametrize("retries_remaining", [0, 3])
def test_a_step_that_was_completed_before_is_not_failed(
    broker: EmbeddedBroker, engine: ReportingEngine, retries_remaining: int
) -> None:
    def work(job: Job) -> dict[str, object]:
        raise ValueError("at the second run")

    engine.completed["j0"] = 1
    publish(broker, "j0", retries_remaining=retries_remaining)
    with running_worker(broker.address, engine.url, registry_of(work)):
        wait_until(lambda: committed(broker) == 1, "the commit")
    assert engine.failed["j0"] == 0


def test_a_failure_is_only_looked_at_of_a_job_that_lay_there_when_the_partition_came(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    def work(job: Job) -> dict[str, object]:
        if job.job_id != "first":
            raise ValueError("always")
        return {}

    made: list[Consumer] = []

    def new_consumer(config: dict[str, Any]) -> Consumer:
        made.append(Consumer(config))
        return made[-1]

    publish(broker, "first")
    with running_worker(
        broker.address, engine.url, registry_of(work), consumer_factory=new_consumer
    ) as worker:
        value = worker.metrics.registry.get_sample_value
        wait_until(
            lambda: value("workflow_sdk_kafka_lag", PARTITION) == 0, "the end of the partition is known"
        )
        publish(broker, *names(5))
        wait_until(lambda: len(engine.failed) == 5, "the failures")
    assert len(made) == 1


def test_a_partition_that_cannot_be_read_to_its_end_keeps_no_failure_for_ever(
    broker: EmbeddedBroker,
    engine: ReportingEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work(job: Job) -> dict[str, object]:
        raise ValueError("always")

    made: list[Consumer] = []

    def only_one(config: dict[str, Any]) -> Consumer:
        if made:
            raise OSError("no descriptor is left")
        made.append(Consumer(config))
        return made[-1]

    monkeypatch.setattr(takeover, "PATIENCE_S", 0.0)
    publish(broker, *names(3))
    with (
        caplog.at_level(logging.WARNING),
        running_worker(broker.address, engine.url, registry_of(work), consumer_factory=only_one),
    ):
        wait_until(lambda: len(engine.failed) == 3, "the failures")
    said = [record.getMessage() for record in caplog.records if "could not be read to its end" in record.msg]
    assert len(said) == 1
    assert "OSError: no descriptor is left" in said[0]
