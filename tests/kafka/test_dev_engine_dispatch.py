"""The dev engine in Kafka mode: jobs reach their topics as the real engine publishes them, and none is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from rochallor_cli.dev_engine import DevEngine
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.engines import running_engine
from support.kafka_records import quiet_client
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent, decode

FLOW = {
    "id": "orders",
    "name": "Orders",
    "steps": [
        {"id": "p", "name": "p", "type": "SERVICE_TASK", "jobType": "pack", "retryCount": 2, "nextStep": "s"},
        {"id": "s", "name": "s", "type": "SERVICE_TASK", "jobType": "ship", "nextStep": "e"},
        {"id": "e", "name": "e", "type": "END"},
    ],
}


class Reader:
    """Reads everything a topic holds, from its beginning."""

    def __init__(self, brokers: str) -> None:
        self.messages: list[Message] = []
        self._consumer = Consumer(
            quiet_client(
                brokers, **{"group.id": "reader", "fetch.wait.max.ms": 10, "enable.auto.commit": False}
            )
        )
        topics = self._consumer.list_topics(timeout=10).topics
        # No group: a member would wait on leaving for a broker that has gone.
        self._consumer.assign(
            [
                TopicPartition(name, number, OFFSET_BEGINNING)
                for name in ("workflow.jobs.pack", "workflow.jobs.ship")
                for number in topics[name].partitions
            ]
        )

    def events(self) -> list[DispatchEvent]:
        message = self._consumer.poll(0.05)
        if message is not None and message.error() is None:
            self.messages.append(message)
        return [decode(message.value()) for message in self.messages]

    def wait_for(self, count: int) -> list[DispatchEvent]:
        wait_until(lambda: len(self.events()) >= count, f"{count} records", timeout_s=20)
        return self.events()

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def read() -> Iterator[Callable[[str], Reader]]:
    readers: list[Reader] = []

    def make(brokers: str) -> Reader:
        readers.append(Reader(brokers))
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as started:
        for job_type in ("pack", "ship"):
            started.create_topic(f"workflow.jobs.{job_type}", partitions=3)
        yield started


def start(engine: DevEngine, **variables: object) -> str:
    with RestEngineClient(engine.url) as client:
        client.upload_definition(FLOW)
        return str(client.start_instance("orders", variables)["id"])


def test_a_step_is_published_with_key_headers_and_variables(read: Callable) -> None:
    with running_engine(dispatch="kafka") as engine:
        instance_id = start(engine, order=17, customer="Žofie")
        reader = read(engine.brokers)
        event = reader.wait_for(1)[0]
        message = reader.messages[0]
    assert (event.job_type, event.instance_id, event.retries_remaining) == ("pack", instance_id, 2)
    assert event.variables == {"order": 17, "customer": "Žofie"}
    assert message.key() == instance_id.encode()
    assert message.headers() == [
        ("content-type", b"application/x-protobuf; proto=workflow.v1.JobDispatchEvent"),
        ("dedup-id", event.dedup_id.encode()),
    ]


def test_the_next_step_follows_a_completion_in_its_own_topic(read: Callable) -> None:
    with running_engine(dispatch="kafka") as engine:
        start(engine)
        reader = read(engine.brokers)
        first = reader.wait_for(1)[0]
        with RestEngineClient(engine.url) as client:
            client.complete_job(first.job_id, "w", {"packed": True})
        second = reader.wait_for(2)[1]
    assert (second.job_type, second.variables) == ("ship", {"packed": True})


def test_a_retryable_failure_publishes_the_job_again_with_a_new_dedup_id(read: Callable) -> None:
    with running_engine(dispatch="kafka") as engine:
        start(engine)
        reader = read(engine.brokers)
        first = reader.wait_for(1)[0]
        with RestEngineClient(engine.url) as client:
            client.fail_job(first.job_id, "w", "again, please", retryable=True)
        second = reader.wait_for(2)[1]
    assert second.job_id == first.job_id
    assert second.dedup_id != first.dedup_id
    assert second.retries_remaining == first.retries_remaining - 1


def test_with_strict_leases_an_attempt_is_published_as_a_job_of_its_own_that_any_worker_may_report(
    read: Callable,
) -> None:
    with running_engine(dispatch="kafka", engine_version="leases") as engine:
        instance = start(engine)
        reader = read(engine.brokers)
        first = reader.wait_for(1)[0]
        with RestEngineClient(engine.url) as client:
            client.fail_job(first.job_id, "one", "again, please", retryable=True)
            second = reader.wait_for(2)[1]
            client.complete_job(first.job_id, "one")
            assert client.get_instance(instance)["currentStepIds"] == ["p"]
            client.complete_job(second.job_id, "two")
            assert client.get_instance(instance)["currentStepIds"] == ["s"]
    assert second.job_id != first.job_id
    assert second.step_execution_id == first.step_execution_id
    assert second.retries_remaining == first.retries_remaining - 1


def test_a_poll_is_answered_410() -> None:
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        with pytest.raises(EngineClientError) as refused:
            client.poll_jobs("w", ["pack"])
        assert client.dispatch_mode() == "kafka_outbox"
    assert refused.value.status_code == 410
    assert json.loads(refused.value.body_text)["dispatch_mode"] == "kafka_outbox"


def test_the_topics_of_a_definition_are_there_before_its_first_job() -> None:
    with running_engine(dispatch="kafka") as engine:
        with RestEngineClient(engine.url) as client:
            client.upload_definition(FLOW)
        consumer = Consumer(quiet_client(engine.brokers, **{"group.id": "g"}))
        topics = consumer.list_topics(timeout=10).topics
        consumer.close()
    assert {"workflow.jobs.pack", "workflow.jobs.ship"} <= topics.keys()


def test_jobs_of_an_outage_are_published_when_the_broker_is_back(
    broker: EmbeddedBroker, read: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "rochallor_cli.dev_engine")
    with running_engine(dispatch="kafka", brokers=broker.address) as engine:
        broker.set_down()
        started = {start(engine, number=number) for number in range(5)}
        wait_until(lambda: "jobs wait to be published" in caplog.text, "the warning", timeout_s=20)
        broker.set_up()
        reader = read(broker.address)
        wait_until(
            lambda: {event.instance_id for event in reader.events()} == started, "all five", timeout_s=30
        )
        wait_until(lambda: "are published" in caplog.text, "the all-clear")
    assert caplog.text.count("jobs wait to be published") == 1


def test_a_refused_record_is_published_again_with_the_same_dedup_id(
    broker: EmbeddedBroker, read: Callable
) -> None:
    produce, timed_out_at_the_broker = 0, 7
    with running_engine(dispatch="kafka", brokers=broker.address) as engine:
        broker.push_errors(produce, [timed_out_at_the_broker] * 3)
        instance_id = start(engine)
        events = read(broker.address).wait_for(1)
    assert {event.instance_id for event in events} == {instance_id}
    assert len({event.dedup_id for event in events}) == 1


def test_jobs_left_in_the_outbox_are_published_after_a_restart(
    broker: EmbeddedBroker, read: Callable, tmp_path: Path
) -> None:
    settings = {"dispatch": "kafka", "brokers": broker.address, "db": tmp_path / "engine.db"}
    broker.set_down()
    with running_engine(**settings) as engine:
        instance_id = start(engine)
    broker.set_up()
    with running_engine(**settings):
        events = read(broker.address).wait_for(1)
    assert events[0].instance_id == instance_id


def test_a_new_embedded_broker_gets_the_open_jobs_of_the_file(read: Callable, tmp_path: Path) -> None:
    settings = {"dispatch": "kafka", "db": tmp_path / "engine.db"}
    with running_engine(**settings) as engine:
        open_id = start(engine, which="open")
        done_id = start(engine, which="done")
        cancelled_id = start(engine, which="cancelled")
        events = read(engine.brokers).wait_for(3)
        with RestEngineClient(engine.url) as client:
            client.complete_job(next(e.job_id for e in events if e.instance_id == done_id), "w")
            client.cancel_instance(cancelled_id)
    with running_engine(**settings) as engine:
        again = read(engine.brokers).wait_for(2)
    assert {(event.instance_id, event.job_type) for event in again} == {(open_id, "pack"), (done_id, "ship")}
