"""Where records go that no worker can bring to an end: a topic of the user's, with headers saying why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Message, Producer

log = logging.getLogger("workflow_sdk.runner.kafka_dead_letters")

ProducerFactory = Callable[[dict[str, Any]], Producer]


class DeadLetters:
    """Sends copies of records to one topic. Thread-safe; `serve` must be called now and then."""

    def __init__(self, topic: str, config: Mapping[str, Any], *, factory: ProducerFactory = Producer) -> None:
        self._topic = topic
        self._producer = factory(dict(config) | {"enable.idempotence": True, "linger.ms": 5})

    def send(self, message: Message, reason: str, *, then: Callable[[], None]) -> None:
        """Send a copy; `then` is called once it has arrived, or cannot arrive (which is logged)."""

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                _log_failure(message, self._topic, error)
            then()

        try:
            self._producer.produce(
                self._topic,
                message.value(),
                message.key(),
                headers=_headers(message, reason),
                on_delivery=delivered,
            )
        except (KafkaException, BufferError) as error:
            _log_failure(message, self._topic, error)
            then()

    def serve(self) -> None:
        """Call the `then` of what has arrived."""
        self._producer.poll(0)

    def close(self, timeout_s: float) -> None:
        """Wait for what is under way, for at most so long."""
        self._producer.flush(timeout_s)


def _headers(message: Message, reason: str) -> list[tuple[str, str | bytes | None]]:
    """The record's own headers, then where it stood and why it is here."""
    try:
        own = cast("list[tuple[str, str | bytes | None]]", message.headers() or [])
    except UnicodeDecodeError:
        own = []  # a name that is no UTF-8: the client gives none of them
    place = {
        "dead-letter-reason": reason,
        "dead-letter-topic": message.topic(),
        "dead-letter-partition": message.partition(),
        "dead-letter-offset": message.offset(),
    }
    return [*own, *((name, str(value).encode()) for name, value in place.items())]


def _log_failure(message: Message, topic: str, error: object) -> None:
    log.error(
        "%s partition %s offset %s could not be sent to %s: %s",
        message.topic(),
        message.partition(),
        message.offset(),
        topic,
        error,
    )
