"""A whole KafkaRunner on the embedded broker: what is reported, what is committed, what is run twice."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial

import pytest
from confluent_kafka import Consumer

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.kafka_jobs import TOPIC, Handler, committed, names, publish, registry_of
from support.kafka_records import Publisher, committed_offsets, quiet_client, record_of
from support.kafka_workers import QUICK, KafkaWorker, running_worker
from support.reporting_engine import ReportingEngine
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import KafkaConfigError, NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import Job
from workflow_sdk.runner.kafka_runner import KafkaRunner

# Where a job must not run twice, no session may run out on a busy machine.
PATIENT = {"session.timeout.ms": 5_000}


def test_every_job_is_run_once_reported_and_committed(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    handler = Handler()
    publish(broker, *names(200))
    with running_worker(broker.address, engine.url, registry_of(handler)) as worker:
        wait_until(lambda: len(engine.completed) == 200, "all reports")
        wait_until(lambda: committed(broker) == 200, "the commit")
        summary = worker.stop()
    assert handler.runs == Counter(names(200))
    assert engine.completed == Counter(names(200))
    assert engine.variables["j7"] == {"done": "j7"}
    assert summary.types["a"].done == 200
    assert summary.drained


def test_programs_of_the_seed_page_run_as_they_stand(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    registry = HandlerRegistry()

    @registry.handler("a")
    def send_invoice(job: Job) -> dict[str, object]:
        return {"key": job.job_id, "variables": job.variables, "same": job["variables"] is job.variables}

    publish(broker, "j1")
    with RestEngineClient(engine.url) as client:
        runner = KafkaRunner(worker_id="w", brokers=broker.address, client=client, registry=registry)
        thread = threading.Thread(target=runner.run, daemon=True)
        thread.start()
        wait_until(lambda: engine.completed["j1"] == 1, "the report", timeout_s=20)
        runner.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert engine.variables["j1"] == {"key": "j1", "variables": {"job": "j1"}, "same": True}


def test_a_client_of_the_users_own_needs_what_a_runner_calls_and_no_more(broker: EmbeddedBroker) -> None:
    class Reports:
        """What JobClient asks for, and nothing of EngineClient."""

        def __init__(self) -> None:
            self.seen: list[tuple[str, str, object]] = []

        def poll_jobs(
            self, worker_id: str, job_types: list[str], max_jobs: int = 1
        ) -> list[dict[str, object]]:
            raise AssertionError("jobs come from Kafka")

        def complete_job(self, job_id: str, worker_id: str, variables: object = None) -> None:
            self.seen.append((job_id, worker_id, variables))

        def fail_job(self, job_id: str, worker_id: str, error_message: str, retryable: bool = True) -> None:
            self.seen.append((job_id, worker_id, error_message))

    def handle(job: Job) -> dict[str, object]:
        if job.job_id == "j2":
            raise NonRetryableError("no")
        return {"done": job.job_id}

    client = Reports()
    publish(broker, "j1", "j2")
    runner = KafkaRunner("w", broker.address, client, registry_of(handle), extra_kafka_config=QUICK)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    wait_until(lambda: len(client.seen) == 2, "both reports")
    wait_until(lambda: committed(broker) == 2, "the commit")
    runner.stop()
    thread.join(20)
    assert not thread.is_alive()
    (_, _, result), (_, _, reason) = sorted(client.seen, key=str)
    assert result == {"done": "j1"}
    assert str(reason).startswith("NonRetryableError: no")


def test_an_async_handler_works_too(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    async def handle(job: Job) -> dict[str, object]:
        return {"seen": job.job_id}

    publish(broker, "j1")
    with running_worker(broker.address, engine.url, registry_of(handle)):
        wait_until(lambda: engine.variables.get("j1") == {"seen": "j1"}, "the report")


def test_failures_are_reported_and_committed(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    def handle(job: Job) -> None:
        if job.job_id == "j0":
            raise NonRetryableError("never")
        raise SystemExit("a handler must not end the worker")

    publish(broker, "j0", "j1")
    with running_worker(broker.address, engine.url, registry_of(handle)):
        wait_until(lambda: engine.failed == Counter({"j0": 1, "j1": 1}), "the failures")
        wait_until(lambda: committed(broker) == 2, "the commit")


def test_no_offset_passes_an_unreported_job(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    handler.held = {"j3"}
    publish(broker, *names(50))
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: len(engine.completed) == 49, "all reports but one")
        wait_until(lambda: committed(broker) == 3, "the commit up to the slow job")
        handler.may_end.set()
        wait_until(lambda: committed(broker) == 50, "the commit of all")


def test_jobs_of_one_instance_run_one_after_another(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    handler.held = {"j0"}
    publish(broker, "j0", "j1", "j2", instance_id="one")
    publish(broker, "other", instance_id="two")
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: engine.completed["other"], "the other instance's job")
        assert handler.running == ["j0"]
        handler.may_end.set()
        wait_until(lambda: len(engine.completed) == 4, "all reports")
    assert not any(
        {"j0", "j1"} <= set(together) or {"j1", "j2"} <= set(together) for together in handler.overlaps
    )


def test_without_order_jobs_of_one_instance_overlap(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    handler.held = {"j0", "j1"}
    publish(broker, "j0", "j1", instance_id="one")
    with running_worker(broker.address, engine.url, registry_of(handler), ordering="none"):
        wait_until(lambda: sorted(handler.running) == ["j0", "j1"], "both at once")
        handler.may_end.set()


def test_duplicates_in_hundreds_are_skipped_and_committed(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    handler = Handler()
    publish(broker, *names(20))
    publisher = Publisher(broker.address)
    for _ in range(20):
        publisher.publish(record_of(job_id, "a") for job_id in names(20))
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: committed(broker) == 420, "the commit past the duplicates")
    assert handler.runs == Counter(names(20))
    assert engine.completed == Counter(names(20))


def test_a_duplicate_of_a_running_job_waits_for_it(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    handler.held = {"j0"}
    publish(broker, "j0", "j0", "j1")
    with running_worker(broker.address, engine.url, registry_of(handler), ordering="none"):
        wait_until(lambda: engine.completed["j1"], "the job behind the duplicate")
        assert handler.runs["j0"] == 1
        handler.may_end.set()
        wait_until(lambda: committed(broker) == 3, "the commit")
    assert handler.runs["j0"] == 1


def test_a_retry_of_the_same_job_runs_again(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    publish(broker, "j0")
    publish(broker, "j0", dedup_id="another", retries_remaining=1)
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: committed(broker) == 2, "the commit")
    assert handler.runs["j0"] == 2


def test_a_retry_that_comes_while_its_attempt_runs_keeps_it_from_being_failed(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    may_fail = threading.Event()

    def work(job: Job) -> dict[str, object]:
        if job.job_id == "j0" and job.retries_remaining == 3:
            assert may_fail.wait(60)
            raise ValueError("the first attempt")
        return {}

    publish(broker, "j0")
    with running_worker(broker.address, engine.url, registry_of(work)):
        publish(broker, "j0", dedup_id="retry", retries_remaining=2)
        publish(broker, "j1")
        wait_until(lambda: engine.completed["j1"], "the job behind the retry")
        may_fail.set()
        wait_until(lambda: committed(broker) == 3, "the commit")
    assert (engine.failed["j0"], engine.completed["j0"]) == (0, 1)


def test_a_topic_that_is_created_later_is_found(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    soon = {"topic.metadata.refresh.interval.ms": 200}
    registry = registry_of(Handler(), "late")
    with running_worker(broker.address, engine.url, registry, extra_kafka_config=soon):
        wait_until(lambda: engine.polls, "the worker's first question")
        broker.create_topic("workflow.jobs.late", partitions=1)
        Publisher(broker.address).publish([record_of("j0", "late")])
        wait_until(lambda: engine.completed["j0"], "the report", timeout_s=20)


def test_topics_share_the_slots(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    broker.create_topic("workflow.jobs.b", partitions=1)
    handler.held = {f"{kind}{number}" for kind in "ab" for number in range(5)}
    publisher = Publisher(broker.address)
    publisher.publish(record_of(f"{kind}{number}", kind) for kind in "ab" for number in range(5))
    with running_worker(broker.address, engine.url, registry_of(handler, "a", "b"), parallelism=3):
        wait_until(lambda: len(handler.running) == 3, "all slots in use")
        handler.may_end.set()
        wait_until(lambda: len(engine.completed) == 10, "all reports")
    assert max(len(together) for together in handler.overlaps) == 3


def test_metrics_tell_lag_duplicates_poison_and_commits(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    publish(broker, "j0", "j0", "j1")
    Publisher(broker.address).publish_raw(TOPIC, b"poison")
    with running_worker(broker.address, engine.url, registry_of(Handler())) as worker:
        value = worker.metrics.registry.get_sample_value
        partition = {"topic": TOPIC, "partition": "0"}
        wait_until(lambda: value("workflow_sdk_kafka_lag", partition) == 0, "no lag")
        wait_until(lambda: value("workflow_sdk_kafka_records_total", {"topic": TOPIC}) == 4, "four records")
        assert value("workflow_sdk_kafka_duplicates_total", {"topic": TOPIC}) == 1
        assert value("workflow_sdk_kafka_poison_records_total", {"topic": TOPIC}) == 1
        assert value("workflow_sdk_kafka_records_total", {"topic": TOPIC}) == 4
        assert value("workflow_sdk_kafka_commits_total", {"topic": TOPIC}) >= 1
        assert value("workflow_sdk_kafka_in_flight", partition) == 0
        assert value("workflow_sdk_kafka_paused", partition) == 0


@pytest.mark.parametrize(
    "config", [{"group.id": "mine"}, {"no.such.setting": "1"}, {"session.timeout.ms": "soon"}]
)
def test_bad_settings_are_refused_when_the_runner_is_made(config: dict[str, str]) -> None:
    with pytest.raises(KafkaConfigError, match=next(iter(config))):
        KafkaRunner("w", "k:9092", RestEngineClient("http://e"), HandlerRegistry(), extra_kafka_config=config)


def owned(worker: KafkaWorker) -> int:
    """How many partitions a worker has."""
    families = worker.metrics.registry.collect()
    return sum(len(family.samples) for family in families if family.name == "workflow_sdk_kafka_paused")


@pytest.mark.slow
def test_a_second_worker_takes_its_share_and_nothing_runs_twice(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    """Under load, a real Kafka holds this too (test_kafka_promise); the embedded one takes no commit of a group that
    rebalances, so here it rebalances while nothing is left to commit.
    """
    broker.create_topic("workflow.jobs.m", partitions=4)
    handler = Handler()
    worker = partial(
        running_worker, broker.address, engine.url, registry_of(handler, "m"), extra_kafka_config=PATIENT
    )
    publisher = Publisher(broker.address)
    publisher.publish(record_of(f"j{number}", "m") for number in range(500))
    with worker(parallelism=8) as first:
        wait_until(lambda: committed_of_m(broker) == 500, "the first worker's commits")
        with worker(worker_id="w-2") as second:
            wait_until(lambda: (owned(first), owned(second)) == (2, 2), "two partitions each", timeout_s=60)
            publisher.publish(record_of(f"k{number}", "m") for number in range(500))
            wait_until(lambda: committed_of_m(broker) == 1_000, "the commits of both", timeout_s=60)
            assert min(one.snapshot().types["m"].done for one in (first, second)) > 0
    assert set(handler.runs.values()) == {1}
    assert set(engine.completed.values()) == {1}
    assert len(engine.completed) == 1_000


@pytest.mark.slow
def test_nothing_is_lost_when_a_worker_joins_a_group_that_takes_no_commits_meanwhile(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    broker.create_topic("workflow.jobs.m", partitions=4)
    handler = Handler()
    registry = registry_of(handler, "m")
    publisher = Publisher(broker.address)
    publisher.publish(record_of(f"j{number}", "m") for number in range(500))
    with running_worker(broker.address, engine.url, registry, parallelism=8) as first:
        wait_until(lambda: engine.completed, "the first report")
        with running_worker(broker.address, engine.url, registry, worker_id="w-2") as second:
            publisher.publish(record_of(f"k{number}", "m") for number in range(500))
            wait_until(lambda: (owned(first), owned(second)) == (2, 2), "two partitions each", timeout_s=60)
            wait_until(lambda: committed_of_m(broker) == 1_000, "all commits", timeout_s=60)
    assert set(engine.completed) == {f"{kind}{number}" for kind in "jk" for number in range(500)}


def committed_of_m(broker: EmbeddedBroker) -> int:
    return sum(committed_offsets(broker.address, "workflow.workers.m", "workflow.jobs.m", 4))


@pytest.mark.slow
def test_a_worker_shares_its_group_with_one_of_another_sdk(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    """The other one is what the other SDKs are to the group: a consumer with the same names and assignor."""
    broker.create_topic("workflow.jobs.m", partitions=4)
    config = {
        "group.id": "workflow.workers.m",
        "partition.assignment.strategy": "cooperative-sticky",
        **QUICK,
    }
    foreign = Consumer(quiet_client(broker.address, **config))
    with running_worker(broker.address, engine.url, registry_of(Handler(), "m")) as worker:
        wait_until(lambda: owned(worker) == 4, "all partitions", timeout_s=60)
        foreign.subscribe(["workflow.jobs.m"])

        def is_shared() -> bool:
            foreign.poll(0.05)
            return owned(worker) == 2 and len(foreign.assignment()) == 2

        wait_until(is_shared, "two partitions each", timeout_s=60)
        foreign.close()
        wait_until(lambda: owned(worker) == 4, "all partitions again", timeout_s=60)
