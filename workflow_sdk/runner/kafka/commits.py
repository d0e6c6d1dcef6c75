"""Commits of one consumer: they follow the results, one under way at a time.

What is settled is stored, and a commit without arguments carries whatever is stored for partitions still
owned. An explicit commit could rewind the partition of a new owner.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# While a group rebalances its commits are refused; the broker is asked again soon.
RETRY_AFTER_S = 0.05
# Whoever waits inside a rebalance cannot join anew, and a group waits for its members for a session or longer: who
# comes too late has lost the other partitions too.
PATIENCE_IN_SESSIONS = 0.5


class Commits:
    """Stores and commits for one consumer, on that consumer's thread."""

    def __init__(self, topic: str, *, session_s: float = 10.0, clock: Clock = boottime) -> None:
        self._topic = topic
        self._patience_s = PATIENCE_IN_SESSIONS * session_s
        self._clock = clock
        self._due = False
        self._not_before = 0.0
        # Partitions whose group has an offset above what is due, of a log that is gone: librdkafka commits what is
        # stored only above it, so that a commit has to name them until one has been taken.
        self._lowered: set[int] = set()
        self.is_under_way = False
        self.done = 0
        self.failed = 0

    def follow(self, consumer: Consumer, assignments: Iterable[Assignment]) -> None:
        """Store what has moved, and commit unless a commit is under way."""
        self._due |= self._store(consumer, assignments)
        lowered = self._lowered_marks(assignments)
        if not (self._due or lowered) or self.is_under_way or self._clock() < self._not_before:
            return
        try:
            if lowered:
                consumer.commit(offsets=lowered, asynchronous=True)
            else:
                self._due = False
                consumer.commit(asynchronous=True)
            self.is_under_way = True
        except KafkaException as error:
            self._note(error.args[0])

    @property
    def is_owing(self) -> bool:
        """Whether something is settled that the broker has not taken note of yet."""
        return self._due or self.is_under_way

    def finish(self, consumer: Consumer, assignments: Iterable[Assignment]) -> None:
        """Store what has moved and commit it before returning."""
        self._store(consumer, assignments)
        if lowered := self._lowered_marks(assignments):
            self._commit_now(lambda: consumer.commit(offsets=lowered, asynchronous=False), "last commit")
        self._commit_now(lambda: consumer.commit(asynchronous=False), "last commit")

    def lower(self, partition: int) -> None:
        """Note that the group's offset lies above what is due: the next commit takes it back."""
        self._lowered.add(partition)

    def forget(self, partitions: Iterable[int]) -> None:
        """They are ours no more, and their offsets another's."""
        self._lowered.difference_update(partitions)

    def rewind(self, consumer: Consumer, *, partition: int, offset: int) -> None:
        """Commit an offset below the last one, for a partition whose log starts again.

        librdkafka commits what is stored only while it rises; after this it rises from here. What was stored before
        is replaced first, or the next commit would carry it again. A record has just come from the partition, so it
        is ours, and a group that has thrown us out does not take the commit.
        """
        place = TopicPartition(self._topic, partition, offset)

        def commit() -> None:
            consumer.store_offsets(offsets=[place])
            consumer.commit(offsets=[place], asynchronous=False)
            self._lowered.discard(partition)

        self.lower(partition)
        self._commit_now(commit, "commit of a new start")

    def _lowered_marks(self, assignments: Iterable[Assignment]) -> list[TopicPartition]:
        """What is due of the partitions whose group has more."""
        if not self._lowered:
            return []
        marks = [
            (assignment.partition, assignment.tracker.watermark)
            for assignment in assignments
            if assignment.partition in self._lowered
        ]
        return [TopicPartition(self._topic, partition, mark) for partition, mark in marks if mark is not None]

    def _commit_now(self, commit: Callable[[], object], what: str) -> None:
        """Commit before returning, as soon as the group takes commits; in time to join it anew where it takes none.

        Apache Kafka takes them until the group's last member has joined anew. librdkafka's embedded broker takes none
        from the first one's join on, so nothing but giving up ends that refusal, and those jobs run again.
        """
        give_up = self._clock() + self._patience_s
        while True:
            try:
                commit()
                self.done += 1
            except KafkaException as error:
                if error.args[0].code() == KafkaError.REBALANCE_IN_PROGRESS and self._clock() < give_up:
                    time.sleep(RETRY_AFTER_S)
                    continue
                self._note_lasting(error, what)
            return

    def _note_lasting(self, error: KafkaException, what: str) -> None:
        if error.args[0].code() != KafkaError._NO_OFFSET:
            self.failed += 1
            log.warning("%s: the %s failed; some jobs may run again: %s", self._topic, what, error)

    def answered(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        """Take the broker's answer to the commit under way (the consumer's `on_commit`)."""
        self.is_under_way = False
        if error is None:
            # Of a partition that no offset was due of the place has none.
            self.forget(place.partition for place in places if place.error is None and place.offset >= 0)
        self._note(error)

    def _store(self, consumer: Consumer, assignments: Iterable[Assignment]) -> bool:
        marks = [
            TopicPartition(self._topic, assignment.partition, mark)
            for assignment in assignments
            if (mark := assignment.tracker.take_commit()) is not None
        ]
        if not marks:
            return False
        try:
            consumer.store_offsets(offsets=marks)
        except KafkaException as error:
            # A partition was lost and `on_lost` has not been served yet: its next owner does those jobs again.
            log.debug("%s: offsets of a lost partition are not stored: %s", self._topic, error)
        return True

    def _note(self, error: KafkaError | None) -> None:
        if error is None:
            self.done += 1
        elif error.code() != KafkaError._NO_OFFSET:
            self.failed += 1
            # What is stored stays stored: the next commit without arguments carries it again.
            self._due = True
            self._not_before = self._clock() + RETRY_AFTER_S
