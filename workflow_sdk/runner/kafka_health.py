"""What is wrong with a consumer, said once when it begins and once when it is over.

librdkafka repeats itself some 20 times a second while brokers are away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from confluent_kafka import KafkaError

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# What comes with brokers that are away, once a connection; _ALL_BROKERS_DOWN says it for all of them.
_NOISE = frozenset({KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE})
_NO_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})


class ConsumerHealth:
    """The state of one consumer as librdkafka's errors tell it. Its thread writes, any thread reads."""

    def __init__(self, topic: str, brokers: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._topic = topic
        self._brokers = brokers
        self._clock = clock
        self._away_since: float | None = None
        self._trouble: tuple[int, str] | None = None

    @property
    def brokers_reachable(self) -> bool:
        """Whether nothing is known to keep this consumer from its brokers."""
        return self._away_since is None

    @property
    def trouble(self) -> str:
        """What keeps records from coming, in words; empty when nothing is known to."""
        return self._trouble[1] if self._trouble else ""

    def note_error(self, error: KafkaError) -> None:
        """Take in one error; a line is logged only when it changes what is known."""
        code = error.code()
        if code == KafkaError._ALL_BROKERS_DOWN:
            if self._away_since is None:
                self._away_since = self._clock()
            self._note(code, f"no broker of {self._brokers} can be reached; retrying")
        elif code in _NO_TOPIC:
            self._note(code, f"the topic does not exist on {self._brokers}; waiting for it")
        elif code not in _NOISE:
            self._note(code, error.str())

    def note_answer(self) -> None:
        """Note that a broker has answered, so that whatever was wrong is over."""
        if self._trouble is None:
            return
        if self._away_since is not None:
            away_s = self._clock() - self._away_since
            log.info("%s: brokers reachable again after %.0f s", self._topic, away_s)
        else:
            log.info("%s: records can come again", self._topic)
        self._away_since, self._trouble = None, None

    def _note(self, code: int, text: str) -> None:
        """Compare by code: the text holds times, which differ in every repetition."""
        if self._trouble is None or self._trouble[0] != code:
            self._trouble = (code, text)
            log.warning("%s: %s", self._topic, text)


def is_fatal(error: KafkaError) -> bool:
    """Whether the consumer that said this can never consume again (`fatal()` is False for _FATAL itself)."""
    return bool(error.fatal()) or error.code() == KafkaError._FATAL
