"""The Kafka a case runs on: the mock broker that comes with librdkafka, or a running one (--brokers)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker

PAYLOAD = b'{"applicantId":"A-001","n":1}'
READ_S = 30.0
# A consumer is given whole batches, so they are about as large as an engine's relay makes them.
RELAY_BATCH = 100
# An empty fetch of the mock broker sits out all of this time, which is half a second by default.
MOCK_SETTINGS = ("fetch.wait.max.ms=10",)


@dataclass(frozen=True)
class Broker:
    """Where clients connect; ``embedded`` is the mock broker, None for a running one."""

    address: str
    embedded: EmbeddedBroker | None = None

    @property
    def name(self) -> str:
        return "mock broker" if self.embedded else "real broker"

    @property
    def worker_arguments(self) -> list[str]:
        """What a worker is told that shall answer as soon as it can."""
        settings = MOCK_SETTINGS if self.embedded else ()
        return [f"--brokers={self.address}", *(f"--kafka-config={each}" for each in settings)]

    def create_topics(self, names: list[str], *, partitions: int) -> None:
        if self.embedded:
            for name in names:
                self.embedded.create_topic(name, partitions=partitions)
            return
        admin = AdminClient({"bootstrap.servers": self.address})
        for created in admin.create_topics([NewTopic(name, partitions, 1) for name in names]).values():
            created.result(READ_S)


@contextmanager
def broker_at(address: str | None) -> Iterator[Broker]:
    """The running broker at the address, or a mock broker."""
    if address is not None:
        yield Broker(address)
        return
    with EmbeddedBroker() as embedded:
        yield Broker(embedded.address, embedded)


def produce(brokers: str, job_type: str, *, partitions: int, per_partition: int, tag: str = "") -> None:
    """Fill every partition, each record an instance of its own; ``tag`` tells ids of several topics apart."""
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "linger.ms": 20,
            "queue.buffering.max.messages": 500_000,
            "batch.num.messages": RELAY_BATCH,
        }
    )
    for number in range(per_partition):
        for partition in range(partitions):
            name = f"{tag}{partition}-{number}"
            record = DispatchRecord(
                f"D{name}", f"N{name}", f"I{name}", f"S{name}", job_type, 3, PAYLOAD, time.time_ns()
            )
            producer.produce(
                record.topic,
                record.value(),
                key=record.key,
                headers=dict(record.headers),
                partition=partition,
            )
        producer.poll(0)
    left = producer.flush(60)
    if left:
        raise OSError(f"{left} records could not be produced to {brokers}")


def published_at(brokers: str, topic: str, *, partitions: int, count: int) -> dict[str, float]:
    """When each instance's record was published: the producer's wall clock in seconds, by instance id."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench-reader"})
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
    found: dict[str, float] = {}
    deadline = time.monotonic() + READ_S
    try:
        while len(found) < count and time.monotonic() < deadline:
            for message in consumer.consume(500, 0.2):
                key = message.key()
                if message.error() is None and isinstance(key, bytes):
                    found[key.decode()] = message.timestamp()[1] / 1000
    finally:
        consumer.close()
    return found
