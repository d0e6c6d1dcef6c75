"""What the group gives and takes: partitions assigned, revoked, lost, and what is settled of them meanwhile."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection

from confluent_kafka import Consumer, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.health import ConsumerHealth
from workflow_sdk.runner.kafka.membership import Membership

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# How often a revoked partition looks whether its running jobs have ended.
LOOK_S = 0.01


class Rebalances:
    """The partitions of one consumer. Its thread calls everything but `settle`, which any thread may.

    `on_assign`, `on_revoke` and `on_lost` are called inside the consumer's `poll`, `consume` and `close`.
    `serve` is called while a revoked partition waits for its running jobs, at most `revoke_wait_s` seconds.
    """

    def __init__(
        self,
        topic: str,
        *,
        commits: Commits,
        flow: FlowControl,
        health: ConsumerHealth,
        serve: Callable[[], None],
        revoke_wait_s: float,
        membership: Membership,
        clock: Clock = boottime,
    ) -> None:
        self._topic = topic
        self._commits = commits
        self._flow = flow
        self._health = health
        self._serve = serve
        self._membership = membership
        self._clock = clock
        self._assignments: dict[int, Assignment] = {}
        self._settled: deque[tuple[Assignment, int, bool]] = deque()
        self.revoke_wait_s = revoke_wait_s
        self.count = 0

    @property
    def current(self) -> Collection[Assignment]:
        """The partitions that are ours now; a new collection after each change."""
        return self._assignments.values()

    def find(self, partition: int) -> Assignment | None:
        """Its assignment, if it is ours."""
        return self._assignments.get(partition)

    def settle(self, assignment: Assignment, offset: int, *, started: bool) -> None:
        """Note that a record needs nothing more."""
        self._settled.append((assignment, offset, started))

    def apply_settled(self) -> None:
        """Note in the trackers what came back. An assignment that is over keeps its tracker to itself."""
        while self._settled:
            assignment, offset, started = self._settled.popleft()
            assignment.tracker.settle(offset)
            if started:
                assignment.end_one()

    def start_again(self, partition: int) -> Assignment:
        """A new assignment of a partition whose log starts again; the old one's offsets count for nothing."""
        before = self._assignments.get(partition)
        fresh = Assignment(
            self._topic, partition, membership=self._membership, before=before, since=self._clock()
        )
        self._assignments[partition] = fresh
        return fresh

    def drop_all(self) -> None:
        """Give up whatever is ours."""
        self._drop(list(self._assignments))

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Begin with partitions that came."""
        self.count += 1
        consumer.incremental_assign(partitions)
        fresh = {
            place.partition: Assignment(
                self._topic, place.partition, membership=self._membership, since=self._clock()
            )
            for place in partitions
        }
        self._assignments = self._assignments | fresh
        # librdkafka keeps a partition paused that was paused when it was last here.
        consumer.resume(partitions)
        # The call amid which they came would bring a first record of theirs otherwise, however full the buffer is.
        self._flow.steer(consumer, fresh.values())
        if partitions:
            self._health.note_answer()
            log.debug("%s: assigned partitions %s", self._topic, sorted(fresh))

    def on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Let running jobs end, for a while, and commit what is settled for the next owner."""
        numbers = [place.partition for place in partitions]
        leaving = [self._assignments[number] for number in numbers if number in self._assignments]
        for assignment in leaving:
            assignment.close()
        self._await_running(leaving)
        if leaving:
            self._commits.finish(consumer, leaving)
        self._drop(numbers)
        consumer.incremental_unassign(partitions)

    def on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Commit nothing: someone else owns them by now. What runs is still reported, unless it fails."""
        numbers = [place.partition for place in partitions]
        log.warning("%s: lost partitions %s; their jobs may run again elsewhere", self._topic, numbers)
        self._drop(numbers)
        consumer.incremental_unassign(partitions)

    def _await_running(self, leaving: list[Assignment]) -> None:
        deadline = self._clock() + self.revoke_wait_s
        self.apply_settled()
        while any(assignment.running for assignment in leaving) and self._clock() < deadline:
            self._membership.beat()
            self._flow.wake.clear()
            self._flow.wake.wait(LOOK_S)
            self._serve()
            self.apply_settled()

    def _drop(self, numbers: list[int]) -> None:
        self._commits.forget(numbers)
        for number in numbers:
            if number in self._assignments:
                self._assignments[number].end()
        self._assignments = {
            number: assignment for number, assignment in self._assignments.items() if number not in numbers
        }
