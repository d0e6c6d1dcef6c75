"""How many records one consumer may take, and which of its partitions must wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection

from confluent_kafka import Consumer, KafkaException, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# A full buffer is waited for this long before partitions are paused. Pausing throws away what was prefetched,
# and after it a fetch that is under way must time out first: half a second in which short jobs would run dry.
FULL_BUFFER_S = 1.0
# Turns are this far apart while plenty waits: results of this long may run again after a crash.
BATCH_S = 0.004
# A partition held back by one slow job goes on when so many records may come.
RESUME_ROOM = 100


class FlowControl:
    """The buffer between a consumer and the runner, bounded by pausing partitions.

    The consumer's thread adds and steers; one other thread, the runner's loop, takes out.
    """

    def __init__(self, topic: str, capacity: int, *, clock: Clock = boottime) -> None:
        self._clock = clock
        self._topic = topic
        self._capacity = capacity
        # With one writer each, the two counters need no lock.
        self._delivered, self._left = 0, 0
        self.is_open = True
        self.wake = threading.Event()

    @property
    def waiting(self) -> int:
        """How many delivered records have not been taken out."""
        return self._delivered - self._left

    def add(self, count: int) -> None:
        """Count records delivered to the runner."""
        self._delivered += count

    def take_out(self, count: int) -> None:
        """Count records the runner has started or dropped."""
        self._left += count
        self.wake.set()

    def fetchable(self, assignments: Collection[Assignment]) -> int:
        """How many records may be taken at once, whichever partition they come from."""
        rooms = [assignment.tracker.room for assignment in assignments if not assignment.paused]
        return max(min([self._capacity - self.waiting, *rooms]), 0)

    def await_room(self) -> None:
        """Take turns in batches while plenty waits, and give a full buffer a moment to empty.

        A turn for each job would cost more than the job; pausing partitions throws away what was prefetched.
        """
        if self.waiting > self._capacity // 2:
            time.sleep(BATCH_S)
        if not self._is_full:
            return
        deadline = self._clock() + FULL_BUFFER_S
        while self._is_full and (left_s := deadline - self._clock()) > 0:
            self.wake.clear()
            # Looked at again: whoever took one out before the line above has not woken us.
            if self._is_full:
                self.wake.wait(left_s)

    @property
    def _is_full(self) -> bool:
        return self.is_open and self.waiting >= self._capacity

    def await_change(self, timeout_s: float) -> None:
        """Wait until records were started or settled, and a little longer, so that turns come in batches."""
        self.wake.wait(timeout_s)
        self.wake.clear()
        time.sleep(BATCH_S)

    def steer(self, consumer: Consumer, assignments: Collection[Assignment]) -> None:
        """Pause partitions that may take nothing, and resume, with some slack, those that may again."""
        for assignment in assignments:
            if assignment.paused and self._may_resume(assignment):
                self._resume(consumer, assignment)
            elif not assignment.paused and self._must_pause(assignment):
                consumer.pause([TopicPartition(self._topic, assignment.partition)])
                assignment.paused = True

    def _must_pause(self, assignment: Assignment) -> bool:
        return not self.is_open or self.waiting >= self._capacity or assignment.tracker.room == 0

    def _may_resume(self, assignment: Assignment) -> bool:
        room = assignment.tracker.room
        return self.is_open and self.waiting <= self._capacity // 2 and room >= RESUME_ROOM

    def _resume(self, consumer: Consumer, assignment: Assignment) -> None:
        """Resume, then seek to where we are: without it the first record takes up to a second to come."""
        place = TopicPartition(self._topic, assignment.partition)
        consumer.resume([place])
        assignment.paused = False
        if assignment.tracker.next_offset is None:
            return
        place.offset = assignment.tracker.next_offset
        try:
            consumer.seek(place)
        except KafkaException as error:
            log.debug("%s partition %s: seek after resume: %s", self._topic, assignment.partition, error)
