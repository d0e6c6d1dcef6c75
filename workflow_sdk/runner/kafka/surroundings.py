"""What a consumer asks now and then: are the brokers there, and how far behind are we?"""

from __future__ import annotations

import logging
from collections.abc import Collection

from confluent_kafka import Consumer, KafkaException, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.health import ConsumerHealth

log = logging.getLogger("workflow_sdk.runner.kafka_source")

PROBE_EVERY_S, PROBE_TIMEOUT_S = 2.0, 0.5
LAG_EVERY_S = 1.0


class Surroundings:
    """Looks around on the consumer's thread; `lag_of` may be asked by any."""

    def __init__(self, topic: str, health: ConsumerHealth, *, clock: Clock = boottime) -> None:
        self._topic = topic
        self._health = health
        self._clock = clock
        self._next_probe, self._next_lag = 0.0, 0.0
        self._lags: dict[int, int] = {}
        self._checked: set[Assignment] = set()
        self.lost = 0

    def look(self, consumer: Consumer, assignments: Collection[Assignment]) -> None:
        """Ask what is due."""
        now = self._clock()
        is_worth_asking = self._health.is_unheard or self._health.is_topic_missing
        if is_worth_asking and now >= self._next_probe:
            self._next_probe = now + PROBE_EVERY_S
            self._probe(consumer)
        if now >= self._next_lag:
            self._next_lag = now + LAG_EVERY_S
            self._check_starts(consumer, assignments)
            lags = {assignment.partition: self._lag(consumer, assignment) for assignment in assignments}
            self._lags = {number: lag for number, lag in lags.items() if lag is not None}

    def skipped(self, consumer: Consumer, partition: int, expected: int, offset: int) -> None:
        """A record is further on than was due: compaction leaves gaps, and so does what retention removed."""
        low, _ = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
        if low > expected:
            self._say_lost(partition, expected, min(low, offset))

    def lag_of(self, partition: int) -> int | None:
        """Records not settled or not yet consumed; None before that is known."""
        return self._lags.get(partition)

    def _check_starts(self, consumer: Consumer, assignments: Collection[Assignment]) -> None:
        """Of a partition that came: where does it end, and is what follows its committed offset still there?"""
        fresh = [assignment for assignment in assignments if assignment not in self._checked]
        self._checked = set(assignments)
        places = {
            assignment.partition: TopicPartition(self._topic, assignment.partition) for assignment in fresh
        }
        if not places:
            return
        try:
            lows: dict[int, int] = {}
            for assignment in fresh:
                place = places[assignment.partition]
                ends = consumer.get_watermark_offsets(place, timeout=PROBE_TIMEOUT_S, cached=False)
                lows[assignment.partition], assignment.log_end = ends
            for place in consumer.committed(list(places.values()), timeout=PROBE_TIMEOUT_S) or []:
                if 0 <= place.offset < lows[place.partition]:
                    self._say_lost(place.partition, place.offset, lows[place.partition])
        except (KafkaException, TypeError) as error:
            log.debug("%s: committed offsets are not known: %s", self._topic, error)

    def _say_lost(self, partition: int, begin: int, end: int) -> None:
        self.lost += end - begin
        log.error(
            "%s partition %s: the records of offsets %s to %s were removed before they were read; the engine sends "
            "no job a second time by itself. `rochallor doctor` and docs/kafka.md say what to do",
            self._topic,
            partition,
            begin,
            end - 1,
        )

    def _probe(self, consumer: Consumer) -> None:
        try:
            found = consumer.list_topics(self._topic, timeout=PROBE_TIMEOUT_S)
            self._health.note_reached()
            if self._health.is_topic_missing and found.topics[self._topic].partitions:
                self._health.note_answer()
        except KafkaException as error:
            log.debug("%s: no broker answers: %s", self._topic, error)

    def _lag(self, consumer: Consumer, assignment: Assignment) -> int | None:
        """What lies above the watermark, by what the last fetch said; no request is sent."""
        mark = assignment.tracker.watermark
        place = TopicPartition(self._topic, assignment.partition)
        _, end = consumer.get_watermark_offsets(place, cached=True)
        return end - mark if mark is not None and end >= mark else None
