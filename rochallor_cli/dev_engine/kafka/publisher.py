"""Publishes records and says which of them a broker has taken. Blocking: for a thread beside the loop."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord

logger = logging.getLogger("rochallor_cli.dev_engine")

DELIVERY_TIMEOUT_MS, NO_TOPIC_AFTER_MS = 5_000, 2_000
FLUSH_TIMEOUT_S = 6.0
# The broker decides what is too large, not the client.
MAX_MESSAGE_BYTES = 100_000_000

# librdkafka puts its reasons between a connection's name and a time that differs in each.
_AROUND_THE_REASON = re.compile(r"^\S+/\w+: | \(after \d+ms in state .*$", re.DOTALL)
_NO_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})

ProducerFactory = Callable[[dict[str, Any]], Producer]


@dataclass(slots=True)
class Taken:
    """What came of a batch: per record its partition, or None where delivery is unknown or refused."""

    partitions: list[int | None]
    errors: set[str] = field(default_factory=set)


class PublisherError(Exception):
    """A producer cannot be made with these settings; the text says why."""


class Publisher:
    """One producer. An outage is logged once when it begins and once when it is over.

    `config` says how brokers are reached; what the relay relies on goes before it.
    """

    def __init__(
        self, brokers: str, config: Mapping[str, str] | None = None, *, factory: ProducerFactory = Producer
    ) -> None:
        self._brokers = brokers
        self._said: set[str] = set()
        self._connection_error = ""
        try:
            self._producer = factory({**(config or {}), **self._settings()})
        except (KafkaException, TypeError, ValueError) as error:
            reason = error.args[0].str() if isinstance(error, KafkaException) else error
            raise PublisherError(f"Kafka settings are refused: {reason}") from error

    def _settings(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._brokers,
            # Java's clients partition so, and records of one instance must meet in one partition.
            "partitioner": "murmur2_random",
            "acks": "all",
            # With one request under way a repeated one overtakes nothing.
            "max.in.flight.requests.per.connection": 1,
            "message.timeout.ms": DELIVERY_TIMEOUT_MS,
            # A topic that does not exist is to be told from brokers that are away, before records time out.
            "topic.metadata.propagation.max.ms": NO_TOPIC_AFTER_MS,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "linger.ms": 1,
            "reconnect.backoff.max.ms": 1_000,
            "enable.metrics.push": False,
            # Both speak up for every try; what matters is said with the records that wait.
            "log_level": 0,
            "error_cb": self._note,
        }

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
                taken.errors.add(self._reason(record.topic, error))

        try:
            self._producer.produce(
                record.topic, record.value(), record.key, headers=list(record.headers), on_delivery=delivered
            )
        except KafkaException as error:
            taken.errors.add(self._reason(record.topic, error.args[0]))
        except BufferError as error:
            taken.errors.add(f"{record.topic}: {error}")

    def _note(self, error: KafkaError) -> None:
        """Keep why connections fail: records only time out."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._connection_error = _AROUND_THE_REASON.sub("", error.str())

    def _reason(self, topic: str, error: KafkaError) -> str:
        if error.code() == KafkaError._MSG_TIMED_OUT:
            return self._connection_error or "no broker answers; check the port and security.protocol"
        if error.code() in _NO_TOPIC:
            create = f"kafka-topics.sh --bootstrap-server {self._brokers} --create --topic {topic}"
            return f"there is no topic {topic}; create it: {create}"
        return f"{topic}: {error.str().removeprefix('Unable to produce message: ')}"

    def _say(self, errors: set[str]) -> None:
        for text in sorted(errors - self._said):
            logger.warning("jobs wait to be published to %s: %s", self._brokers, text)
        if self._said and not errors:
            logger.info("jobs are published to %s again", self._brokers)
            self._connection_error = ""
        self._said = errors
