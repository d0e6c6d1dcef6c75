"""The Kafka a case runs on: the mock broker that comes with librdkafka, or a running one (--brokers)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker

PAYLOAD = b'{"applicantId":"A-001","n":1}'
CREATED_S = 30.0
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
    def client_settings(self) -> tuple[str, ...]:
        """What a consumer needs to hear of a record as soon as it is there."""
        return MOCK_SETTINGS if self.embedded else ()

    @property
    def worker_arguments(self) -> list[str]:
        return [f"--brokers={self.address}", *(f"--kafka-config={each}" for each in self.client_settings)]

    def create_topics(self, names: list[str], *, partitions: int) -> None:
        if self.embedded:
            for name in names:
                self.embedded.create_topic(name, partitions=partitions)
            return
        admin = AdminClient({"bootstrap.servers": self.address})
        for created in admin.create_topics([NewTopic(name, partitions, 1) for name in names]).values():
            created.result(CREATED_S)


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


class Reader:
    """Reads a topic along with the worker, as plainly as can be: what it sees is the soonest a worker could.

    A context manager; ``seen_s`` holds the wall clock's seconds by instance id.
    """

    def __init__(self, broker: Broker, topic: str, *, partitions: int) -> None:
        self.seen_s: dict[str, float] = {}
        settings = dict(each.split("=", 1) for each in broker.client_settings)
        self._consumer = Consumer(
            {"bootstrap.servers": broker.address, "group.id": "bench-reader", "log_level": 0, **settings}
        )
        places = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)]
        self._consumer.assign(places)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._is_over.is_set():
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None and isinstance(key := message.key(), bytes):
                self.seen_s[key.decode()] = time.time()
