"""The thread that owns a consumer, on the embedded broker: what it delivers, pauses and commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Message

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.kafka_records import Publisher, committed_offsets, record_of
from support.waiting import wait_until
from workflow_sdk.runner.kafka.assignment import KafkaRecord
from workflow_sdk.runner.kafka.config import consumer_config
from workflow_sdk.runner.kafka.source import KafkaSource

JOB_TYPE = "a"
TOPIC, GROUP = "workflow.jobs.a", "workflow.workers.a"
# The embedded broker sits out an empty fetch, and waits a session less a second at every rebalance.
QUICK = {"fetch.wait.max.ms": 10, "session.timeout.ms": 2_000, "heartbeat.interval.ms": 200, "log_level": 0}


class Inbox:
    """Keeps what a source delivers."""

    def __init__(self) -> None:
        self.records: list[KafkaRecord] = []
        self.poison: list[str] = []
        self.source: KafkaSource
        self.after_poison = threading.Event()
        self.after_poison.set()

    def records_arrived(self, records: list[KafkaRecord]) -> None:
        self.records.extend(records)

    def poison_arrived(self, message: Message, reason: str, *, then: Callable[[], None]) -> None:
        self.poison.append(reason)
        then()

    def serve(self) -> None:
        """Nothing is due."""

    def run_all(self) -> None:
        """Start and settle whatever has come and was not settled before."""
        taken, self.records = self.records, []
        for record in taken:
            self.source.flow.take_out(1)
            if record.try_start():
                self.source.settle(record)

    def job_ids(self) -> list[str]:
        return [record.event.job_id for record in self.records]


@pytest.fixture
def new_source(broker: EmbeddedBroker) -> Iterator[Callable[..., Inbox]]:
    sources: list[KafkaSource] = []

    def make(*, capacity: int = 64, revoke_wait_s: float = 10.0) -> Inbox:
        config = consumer_config(QUICK, brokers=broker.address, group=GROUP, client_id="w", consumers=1)
        inbox = Inbox()
        inbox.source = KafkaSource(TOPIC, config, inbox, capacity=capacity, revoke_wait_s=revoke_wait_s)
        inbox.source.start()
        sources.append(inbox.source)
        return inbox

    yield make
    for source in sources:
        source.finish()
    assert all(source.join(10) for source in sources)


def publish(broker: EmbeddedBroker, *job_ids: str) -> None:
    Publisher(broker.address).publish(record_of(job_id, JOB_TYPE) for job_id in job_ids)


def committed(broker: EmbeddedBroker) -> int:
    return committed_offsets(broker.address, GROUP, TOPIC, 1)[0]


def test_records_come_in_order_with_what_they_say(broker: EmbeddedBroker, new_source: Callable) -> None:
    publish(broker, "j1", "j2", "j3")
    inbox = new_source()
    wait_until(lambda: len(inbox.records) == 3, "three records")
    assert inbox.job_ids() == ["j1", "j2", "j3"]
    assert inbox.records[0].event.variables == {"job": "j1"}


def test_nothing_is_committed_before_it_is_settled(broker: EmbeddedBroker, new_source: Callable) -> None:
    publish(broker, "j1", "j2", "j3")
    inbox = new_source()
    wait_until(lambda: len(inbox.records) == 3, "three records")
    first, second, third = inbox.records
    for record in (third, second):
        inbox.source.settle(record)
    turns = inbox.source.records
    publish(broker, "j4")
    wait_until(lambda: inbox.source.records > turns, "a later record")
    assert committed(broker) == 0
    inbox.source.settle(first)
    wait_until(lambda: committed(broker) == 3, "the commit of all three")


def test_the_last_commit_is_made_on_leaving(broker: EmbeddedBroker, new_source: Callable) -> None:
    publish(broker, "j1", "j2")
    inbox = new_source()
    wait_until(lambda: len(inbox.records) == 2, "two records")
    inbox.source.settle(inbox.records[0])
    inbox.source.finish()
    assert inbox.source.join(10)
    assert committed(broker) == 1


def test_a_full_buffer_pauses_and_an_emptied_one_goes_on(
    broker: EmbeddedBroker, new_source: Callable
) -> None:
    publish(broker, *(f"j{number}" for number in range(300)))
    inbox = new_source(capacity=20)
    wait_until(lambda: [p.paused for p in inbox.source.snapshot()] == [True], "the pause")
    assert inbox.source.flow.waiting == 20

    def all_settled() -> bool:
        inbox.run_all()
        return inbox.source.records == 300

    wait_until(all_settled, "all 300 records")
    wait_until(lambda: committed(broker) == 300, "the commit")


def test_one_slow_job_lets_a_thousand_others_pass_and_no_more(
    broker: EmbeddedBroker, new_source: Callable
) -> None:
    publish(broker, *(f"j{number}" for number in range(1_500)))
    inbox = new_source(capacity=256)
    wait_until(lambda: inbox.records, "the first record")
    slow = inbox.records.pop(0)
    inbox.source.flow.take_out(1)
    assert slow.try_start()

    def stands_still() -> bool:
        inbox.run_all()
        return inbox.source.records == 1_000 and [p.paused for p in inbox.source.snapshot()] == [True]

    wait_until(stands_still, "the pause at the window's end")
    assert committed(broker) == 0
    inbox.source.settle(slow)

    def all_settled() -> bool:
        inbox.run_all()
        return inbox.source.records == 1_500

    wait_until(all_settled, "the rest")
    wait_until(lambda: committed(broker) == 1_500, "the commit")


def test_held_it_takes_nothing_and_keeps_its_partitions(broker: EmbeddedBroker, new_source: Callable) -> None:
    inbox = new_source()
    wait_until(lambda: inbox.source.snapshot(), "the assignment")
    inbox.source.hold(True)
    wait_until(lambda: inbox.source.snapshot()[0].paused, "the pause")
    publish(broker, "j1")
    rebalances = inbox.source.rebalances
    inbox.source.hold(False)
    wait_until(lambda: inbox.job_ids() == ["j1"], "the record after the hold")
    assert inbox.source.rebalances == rebalances


def test_poison_is_counted_and_does_not_stop_the_partition(
    broker: EmbeddedBroker, new_source: Callable
) -> None:
    publisher = Publisher(broker.address)
    publisher.publish_raw(TOPIC, b"garbage")
    publisher.publish_raw(TOPIC, None)
    publisher.publish([record_of("j1", JOB_TYPE)])
    inbox = new_source()
    wait_until(lambda: inbox.job_ids() == ["j1"], "the record behind the poison")
    assert inbox.source.poison == 2
    inbox.run_all()
    wait_until(lambda: committed(broker) == 3, "the commit past the poison")


def test_a_broker_outage_is_survived_and_said_once(
    broker: EmbeddedBroker, new_source: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    inbox = new_source()
    wait_until(lambda: inbox.source.snapshot(), "the assignment")
    broker.set_down()
    wait_until(lambda: not inbox.source.health.brokers_reachable, "the outage being noticed")
    broker.set_up()
    publish(broker, "j1")
    wait_until(lambda: inbox.job_ids() == ["j1"], "the record after the outage", timeout_s=30)
    inbox.run_all()
    wait_until(lambda: committed(broker) == 1, "the commit")
    said = [record.message for record in caplog.records if record.name.startswith("workflow_sdk")]
    assert sum("can be reached" in line for line in said) == 1
    assert sum("reachable again" in line for line in said) == 1


def test_a_second_worker_takes_over_where_the_first_one_has_reported(
    broker: EmbeddedBroker, new_source: Callable
) -> None:
    publish(broker, "j1", "j2", "j3")
    first = new_source(revoke_wait_s=0.0)
    wait_until(lambda: len(first.records) == 3, "three records")
    first.source.settle(first.records[0])
    first.source.finish()
    assert first.source.join(10)
    second = new_source()
    wait_until(lambda: second.job_ids() == ["j2", "j3"], "the two that were not settled")


def test_leaving_waits_for_running_jobs_and_starts_no_others(
    broker: EmbeddedBroker, new_source: Callable
) -> None:
    publish(broker, "j1", "j2")
    inbox = new_source()
    wait_until(lambda: len(inbox.records) == 2, "two records")
    running, waiting = inbox.records
    assert running.try_start()
    inbox.source.finish(revoke_wait_s=30.0)
    wait_until(lambda: not running.assignment.is_open, "the revocation")
    assert not waiting.try_start()
    inbox.source.settle(running)
    assert inbox.source.join(10)
    assert committed(broker) == 1
