"""Publishes records and says which of them a broker has taken. Blocking: for a thread beside the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord

logger = logging.getLogger("rochallor_cli.dev_engine")

DELIVERY_TIMEOUT_MS = 5_000
FLUSH_TIMEOUT_S = 6.0
# The broker decides what is too large, not the client.
MAX_MESSAGE_BYTES = 100_000_000

ProducerFactory = Callable[[dict[str, Any]], Producer]


@dataclass(slots=True)
class Taken:
    """What came of a batch: per record its partition, or None where delivery is unknown or refused."""

    partitions: list[int | None]
    errors: set[str] = field(default_factory=set)


class Publisher:
    """One producer. An outage is logged once when it begins and once when it is over."""

    def __init__(self, brokers: str, *, factory: ProducerFactory = Producer) -> None:
        self._brokers = brokers
        self._said: set[str] = set()
        self._producer = factory(
            {
                "bootstrap.servers": brokers,
                # Java's clients partition so, and records of one instance must meet in one partition.
                "partitioner": "murmur2_random",
                "acks": "all",
                # With one request under way a repeated one overtakes nothing.
                "max.in.flight.requests.per.connection": 1,
                "message.timeout.ms": DELIVERY_TIMEOUT_MS,
                "message.max.bytes": MAX_MESSAGE_BYTES,
                "linger.ms": 1,
                "reconnect.backoff.max.ms": 1_000,
                "enable.metrics.push": False,
                # Both only speak up for every try; what matters comes back with each record.
                "log_level": 0,
                "error_cb": lambda _: None,
            }
        )

    def publish(self, records: Sequence[DispatchRecord]) -> Taken:
        """Publish a batch and wait until each record was taken or was not, for some seconds at most."""
        taken = Taken([None] * len(records))
        for index, record in enumerate(records):
            self._produce(record, index, taken)
        self._producer.flush(FLUSH_TIMEOUT_S)
        self._say(taken.errors)
        return taken

    def _produce(self, record: DispatchRecord, index: int, taken: Taken) -> None:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                taken.partitions[index] = message.partition()
            else:
                taken.errors.add(f"{record.topic}: {error.str()}")

        try:
            self._producer.produce(
                record.topic, record.value(), record.key, headers=list(record.headers), on_delivery=delivered
            )
        except (KafkaException, BufferError) as error:
            taken.errors.add(f"{record.topic}: {error}")

    def _say(self, errors: set[str]) -> None:
        for text in sorted(errors - self._said):
            logger.warning("jobs wait to be published to %s: %s", self._brokers, text)
        if self._said and not errors:
            logger.info("jobs are published to %s again", self._brokers)
        self._said = errors
