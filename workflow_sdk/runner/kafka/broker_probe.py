"""What a consumer asks now and then: are the brokers there, and how far behind are we?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from confluent_kafka import Consumer, KafkaException, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.health import ConsumerHealth

log = logging.getLogger("workflow_sdk.runner.kafka_source")

PROBE_EVERY_S, PROBE_TIMEOUT_S = 2.0, 0.5
LAG_EVERY_S = 1.0
# A log of transactions has a gap after each; while nobody answers no more are kept than these.
MOST_GAPS = 1_000


class BrokerProbe:
    """Looks around on the consumer's thread; `lag_of` may be asked by any. `is_behind` is told of a partition whose
    group has an offset above what there is, or what has come.
    """

    def __init__(
        self,
        topic: str,
        health: ConsumerHealth,
        *,
        is_behind: Callable[[int], None] = lambda partition: None,
        clock: Clock = boottime,
    ) -> None:
        self._topic = topic
        self._health = health
        self._is_behind = is_behind
        self._clock = clock
        self._next_probe, self._next_lag, self._next_check = 0.0, 0.0, 0.0
        self._lags: dict[int, int] = {}
        # Whose start is known, or cannot be known any more.
        self._checked: set[Assignment] = set()
        # Partition, the offset that was due, and the one that came.
        self._gaps: list[tuple[int, int, int]] = []
        self.lost = 0

    def look(self, consumer: Consumer, assignments: Collection[Assignment]) -> None:
        """Ask what is due."""
        now = self._clock()
        is_worth_asking = self._health.is_unheard or self._health.is_topic_missing
        if is_worth_asking and now >= self._next_probe:
            self._next_probe = now + PROBE_EVERY_S
            self._probe(consumer)
        fresh = [assignment for assignment in assignments if assignment not in self._checked]
        if fresh and now >= self._next_check:
            self._check_starts(consumer, fresh)
        if now >= self._next_lag:
            self._next_lag = now + LAG_EVERY_S
            self._checked.intersection_update(assignments)
            self._look_into_gaps(consumer)
            lags = {assignment.partition: self._lag(consumer, assignment) for assignment in assignments}
            self._lags = {number: lag for number, lag in lags.items() if lag is not None}

    def came(self, assignment: Assignment, offset: int) -> None:
        """A record is about to be noted. Where it is further on than was due, retention may have removed what was
        between, or compaction, or it was a transaction's mark: that is asked soon.
        """
        due = assignment.tracker.next_offset
        due = assignment.start if due is None else due
        if due is not None and offset > due:
            self._gaps.append((assignment.partition, due, offset))

    def lag_of(self, partition: int) -> int | None:
        """Records not settled or not yet consumed; None before that is known."""
        return self._lags.get(partition)

    def _check_starts(self, consumer: Consumer, fresh: Collection[Assignment]) -> None:
        """Of partitions that came: where do they end, and is what follows their committed offsets still there?"""
        by_number = {assignment.partition: assignment for assignment in fresh}
        places = [TopicPartition(self._topic, number) for number in by_number]
        try:
            for place in consumer.committed(places, timeout=PROBE_TIMEOUT_S):
                ends = self._ends(consumer, place.partition)
                self._checked.add(by_number[place.partition])
                self._check_start(by_number[place.partition], place.offset, ends)
        except (KafkaException, TypeError) as error:
            self._next_check = self._clock() + PROBE_EVERY_S
            log.debug("%s: committed offsets are not known: %s", self._topic, error)

    def _check_start(self, assignment: Assignment, committed: int, ends: tuple[int, int]) -> None:
        low, assignment.log_end = ends
        first, mark = assignment.tracker.first_offset, assignment.tracker.watermark
        if committed > (assignment.log_end if mark is None else mark):
            # No commit of ours goes that far: its log was cut before it came, or its topic made anew.
            log.warning(
                "%s partition %s starts again at offset %s: its group had come to %s of a log that is gone",
                self._topic,
                assignment.partition,
                low if first is None else first,
                committed,
            )
            self._is_behind(assignment.partition)
        if first is not None and committed > first:
            return  # by ourselves, meanwhile
        kept = low if first is None else min(low, first)
        # A group without an offset begins with what is there.
        assignment.start = max(committed, kept)
        if 0 <= committed < kept:
            self._say_lost(assignment.partition, begin=committed, end=kept)

    def _look_into_gaps(self, consumer: Consumer) -> None:
        """Say which of them begin below where their partition begins by now."""
        gaps, self._gaps = self._gaps, []
        try:
            lows = {number: self._ends(consumer, number)[0] for number in {gap[0] for gap in gaps}}
        except (KafkaException, TypeError) as error:
            log.debug("%s: where its partitions begin is not known: %s", self._topic, error)
            self._gaps = gaps[-MOST_GAPS:]
            return
        for number, due, offset in gaps:
            if due < lows[number]:
                self._say_lost(number, begin=due, end=min(lows[number], offset))

    def _ends(self, consumer: Consumer, number: int) -> tuple[int, int]:
        place = TopicPartition(self._topic, number)
        return consumer.get_watermark_offsets(place, timeout=PROBE_TIMEOUT_S, cached=False)

    def _say_lost(self, partition: int, *, begin: int, end: int) -> None:
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
