"""What is wrong with a consumer, said once when it begins and once when it is over.

librdkafka repeats itself some 20 times a second while brokers are away, and for each consumer of a runner.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.broker_trouble import (
    BrokerTrouble,
    connection_trouble,
    is_about_a_connection,
    is_about_rights,
    rights_trouble,
    unanswered,
)

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# A connection that is refused while others are not; with a single broker, all of them are at once.
ONE_REFUSES_AFTER_S = 2.0
_NO_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})


class Outage:
    """What the consumers of one runner have said of their brokers, so that each thing is said once. Thread-safe."""

    def __init__(self, *, clock: Clock = boottime) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: set[str] = set()
        self._since: float | None = None
        self._first_seen: dict[str, float] = {}

    def begun(self, brokers: str, reason: BrokerTrouble | None) -> None:
        """Say that no broker can be reached, and why; of what is learned later, what somebody has to mend."""
        text = away_text(brokers, reason)
        with self._lock:
            is_new = self._since is None or (
                reason is not None and reason.is_refusal and text not in self._said
            )
            if self._since is None:
                self._since = self._clock()
            self._said.add(text)
        if is_new:
            log.warning("%s", text)

    def refused(self, text: str) -> None:
        """Say that one broker of several lets nobody in, once that has lasted: of all of them `begun` tells."""
        with self._lock:
            lasted_s = self._clock() - self._first_seen.setdefault(text, self._clock())
            is_new = lasted_s >= ONE_REFUSES_AFTER_S and text not in self._said
            if is_new:
                self._said.add(text)
        if is_new:
            log.warning("%s", text)

    def over(self) -> None:
        """Say that brokers are back, unless that has been said."""
        with self._lock:
            since, self._since = self._since, None
            self._said.clear()
        if since is not None:
            log.info("brokers reachable again after %.0f s", self._clock() - since)


class ConsumerHealth:
    """The state of one consumer as librdkafka's errors tell it. Its thread writes, any thread reads.

    `config` is the consumer's; consumers of one runner share an `outage`.
    """

    def __init__(self, topic: str, config: Mapping[str, Any], *, outage: Outage | None = None) -> None:
        self._topic = topic
        self._config = config
        self._brokers = str(config.get("bootstrap.servers", ""))
        self._outage = outage or Outage()
        self._has_answered = False
        self._is_away = False
        # Of the connections since the last answer: a refusal tells more than a time-out that follows it.
        self._reason: BrokerTrouble | None = None
        self._reason_code = 0
        self._trouble: tuple[int, str] | None = None
        self._is_refused = False

    @property
    def brokers_reachable(self) -> bool:
        """Whether nothing is known to keep this consumer from its brokers."""
        return not self._is_away

    @property
    def is_unheard(self) -> bool:
        """Whether it is worth asking: no broker has answered yet, or none does any more."""
        return self._is_away or not self._has_answered

    @property
    def trouble(self) -> str:
        """What keeps records from coming, in words; empty when nothing is known to."""
        return self._trouble[1] if self._trouble else ""

    @property
    def is_blocked(self) -> bool:
        """Whether somebody has to act: brokers are away, or a right is wanting."""
        return self._is_away or self._is_refused

    @property
    def is_topic_missing(self) -> bool:
        """Whether brokers have said that there is no such topic."""
        return self._trouble is not None and self._trouble[0] in _NO_TOPIC

    def note_error(self, error: KafkaError) -> None:
        """Take in one error; a line is logged only when it changes what is known."""
        code = error.code()
        if code == KafkaError._ALL_BROKERS_DOWN:
            self._is_away = True
            self._explain(code)
        elif is_about_a_connection(error):
            self._note_connection(error)
        elif is_about_rights(error):
            group = str(self._config.get("group.id", ""))
            denied = rights_trouble(error, self._config, topic=self._topic, group=group)
            self._note(code, denied.text, is_refused=True)
        elif code in _NO_TOPIC:
            self._note(code, f"the topic does not exist on {self._brokers}; waiting for it")
        else:
            self._note(code, error.str())

    def note_reached(self) -> None:
        """Note that a broker has answered, whatever it said: an outage is over, a missing topic is not."""
        self._has_answered = True
        if self._is_away:
            self.note_answer()

    def note_answer(self) -> None:
        """Note that a broker has answered as it should, so that whatever was wrong is over."""
        self._has_answered, self._reason = True, None
        if self._trouble is None:
            return
        if self._is_away:
            self._outage.over()
        elif self.is_topic_missing:
            log.info("%s: the topic is there now", self._topic)
        else:
            log.info("%s: records can come again", self._topic)
        self._is_away, self._is_refused, self._trouble = False, False, None

    def _note_connection(self, error: KafkaError) -> None:
        trouble = connection_trouble(error, self._config)
        if self._tells_more(error.code(), trouble):
            self._reason, self._reason_code = trouble, error.code()
        if self._is_away:
            self._explain(KafkaError._ALL_BROKERS_DOWN)
        elif trouble.is_refusal:
            self._outage.refused(away_text(self._brokers, trouble))

    def _tells_more(self, code: int, trouble: BrokerTrouble) -> bool:
        """Whether it is a better reason than the one known; another broker's refusal of that kind is none."""
        if self._reason is None or not self._reason.is_refusal:
            return True
        return trouble.is_refusal and code != self._reason_code

    def _explain(self, code: int) -> None:
        """Say why no broker can be reached, as far as that is known."""
        reason = self._reason or (None if self._has_answered else unanswered(self._config))
        self._trouble = (code, away_text(self._brokers, reason))
        self._outage.begun(self._brokers, reason)

    def _note(self, code: int, text: str, *, is_refused: bool = False) -> None:
        """Compare by code: the text may hold times, which differ in every repetition."""
        self._is_refused = is_refused
        if self._trouble is None or self._trouble[0] != code:
            self._trouble = (code, text)
            log.warning("%s: %s", self._topic, text)


def away_text(brokers: str, reason: BrokerTrouble | None) -> str:
    """`no broker of kafka-1:9092 can be reached: why; retrying`; a refusal speaks for itself."""
    if reason is None:
        return f"no broker of {brokers} can be reached; retrying"
    if reason.is_refusal:
        return f"{reason.text}; retrying"
    return f"no broker of {brokers} can be reached: {reason.text.removeprefix(f'{brokers}: ')}; retrying"


def is_fatal(error: KafkaError) -> bool:
    """Whether the consumer that said this can never consume again (`fatal()` is False for _FATAL itself)."""
    return bool(error.fatal()) or error.code() == KafkaError._FATAL
