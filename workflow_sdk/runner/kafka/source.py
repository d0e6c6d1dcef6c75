"""One consumer and the thread that owns it: records in, settled offsets out.

confluent-kafka puts a gate before every method of a Consumer, and a thread inside `poll` keeps others waiting
for seconds. So one thread makes every call; others leave it notes in a deque or a flag.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.broker_probe import BrokerProbe
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.dispatch_event import PoisonRecordError, decode
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.health import ConsumerHealth, Outage, is_fatal
from workflow_sdk.runner.kafka.membership import Membership
from workflow_sdk.runner.kafka.rebalances import Rebalances

log = logging.getLogger("workflow_sdk.runner.kafka_source")

# How long one poll may wait. Nothing wakes it, so it is short while jobs run: their results want committing.
BUSY_POLL_S, IDLE_POLL_S = 0.01, 0.5
# How long a revoked partition waits for its running jobs.
REVOKE_WAIT_S = 10.0
# A turn takes a poll, or a revocation with its wait.
STALLED_AFTER_S = 30.0
REBUILD_AFTER_S = 2.0
TOPIC_PREFIX = "workflow.jobs."
# How long leaving the group waits for the broker to take what is settled.
LAST_COMMIT_WAIT_S = 3.0

ConsumerFactory = Callable[[dict[str, Any]], Consumer]


class RecordSink(Protocol):
    """Where a source takes what it consumes. All of it is called on the source's thread."""

    def records_arrived(self, records: list[KafkaRecord]) -> None:
        """Take records, those of one partition in their order."""

    def poison_arrived(self, message: Message, reason: str, *, then: Callable[[], None]) -> None:
        """Take a record that cannot be read, and call `then` once it needs no more attention."""

    def serve(self) -> None:
        """Do what is due; called at every turn."""


@dataclass(frozen=True, slots=True)
class PartitionSnapshot:
    """One assigned partition. `lag`: records not settled or not yet consumed; None before that is known."""

    topic: str
    partition: int
    lag: int | None
    unsettled: int
    running: int
    paused: bool


class KafkaSource:
    """Consumes one topic on a thread of its own, and commits what is settled.

    `hold`, `settle`, `finish` and the readers may be called by any thread.
    """

    def __init__(
        self,
        topic: str,
        config: dict[str, Any],
        sink: RecordSink,
        *,
        capacity: int,
        factory: ConsumerFactory = Consumer,
        idle_poll_s: float = IDLE_POLL_S,
        outage: Outage | None = None,
        revoke_wait_s: float = REVOKE_WAIT_S,
        clock: Clock = boottime,
    ) -> None:
        self.topic = topic
        self._job_type = topic.removeprefix(TOPIC_PREFIX)
        self.flow = FlowControl(topic, capacity, clock=clock)
        self._membership = Membership(config, clock=clock)
        self.commits = Commits(topic, session_s=self._membership.session_s, clock=clock)
        self.health = ConsumerHealth(topic, config, outage=outage)
        self.records, self.poison = 0, 0
        # Counted by the runner, which knows what has been acknowledged.
        self.duplicates = 0
        self._config = config
        self._sink = sink
        self._factory = factory
        self._idle_poll_s = idle_poll_s
        self._clock = clock
        self._partitions = Rebalances(
            topic,
            commits=self.commits,
            flow=self.flow,
            health=self.health,
            serve=sink.serve,
            revoke_wait_s=revoke_wait_s,
            membership=self._membership,
            clock=clock,
        )
        self._broker_probe = BrokerProbe(topic, self.health, is_behind=self.commits.lower, clock=clock)
        self._is_finishing = False
        self._thread = threading.Thread(target=self._run, name=f"kafka {topic}", daemon=True)

    # --- for other threads ---------------------------------------------------------------------

    def start(self) -> None:
        """Begin to consume."""
        self._thread.start()

    def hold(self, held: bool) -> None:
        """Take nothing more while held; membership of the group and commits go on."""
        self.flow.is_open = not held

    def settle(self, record: KafkaRecord) -> None:
        """Note that a record needs nothing more: the engine has acknowledged it, or nobody ever will."""
        self._partitions.settle(record.assignment, record.offset, started=record.started)
        self.flow.wake.set()

    def leave(self, record: KafkaRecord) -> None:
        """Note that a job runs no more, and is not done: its offset stays for the partition's next owner."""
        record.assignment.end_one()
        self.flow.wake.set()

    def finish(self, *, revoke_wait_s: float = 0.0) -> None:
        """Commit what is settled and leave the group; running jobs are waited for at most so long."""
        self._partitions.revoke_wait_s = revoke_wait_s
        self._is_finishing = True
        self.flow.is_open = False
        self.flow.wake.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; False when it has not ended: `close` hangs after a member was fenced."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_sure(self) -> bool:
        """Whether nothing speaks against being a member of the group: its partitions may be somebody else's if not."""
        return self._membership.is_sure

    @property
    def lost(self) -> int:
        """How many records were removed before they were read."""
        return self._broker_probe.lost

    @property
    def rebalances(self) -> int:
        """How many assignments the group has given."""
        return self._partitions.count

    @property
    def trouble(self) -> str:
        """What keeps this topic's jobs from coming, in words; empty when nothing is known to."""
        stands_still_s = self._clock() - self._membership.last_beat
        if stands_still_s > STALLED_AFTER_S:
            return f"{self.topic}: the consumer has stood still for {stands_still_s:.0f} s"
        if self.health.is_blocked or self.health.is_topic_missing:
            return f"{self.topic}: {self.health.trouble}"
        if not self.rebalances and not self.health.trouble:
            return f"{self.topic}: joining the group"
        if not self.is_sure:
            return f"{self.topic}: stood still, and waits for the group to confirm its place"
        return ""

    @property
    def is_without_partition(self) -> bool:
        """Whether the group has given this consumer nothing, and nothing is wrong otherwise."""
        return self.rebalances > 0 and not self._partitions.current and not self.trouble

    def snapshot(self) -> list[PartitionSnapshot]:
        """The assigned partitions, about as they are now."""
        return [
            PartitionSnapshot(
                topic=self.topic,
                partition=assignment.partition,
                lag=self._broker_probe.lag_of(assignment.partition),
                unsettled=assignment.tracker.unsettled,
                running=assignment.running,
                paused=assignment.paused,
            )
            for assignment in sorted(self._partitions.current, key=lambda one: one.partition)
        ]

    # --- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_finishing:
            try:
                self._consume_until_finished()
            except Exception:
                log.exception("%s: the consumer has failed; a new one takes its place", self.topic)
                self._partitions.drop_all()
                self.flow.wake.clear()
                self.flow.wake.wait(REBUILD_AFTER_S)

    def _consume_until_finished(self) -> None:
        self.commits.is_under_way = False
        callbacks = {"error_cb": self.health.note_error, "on_commit": self._on_commit}
        consumer = self._factory(self._config | callbacks)
        try:
            partitions = self._partitions
            consumer.subscribe(
                [self.topic],
                on_assign=partitions.on_assign,
                on_revoke=partitions.on_revoke,
                on_lost=partitions.on_lost,
            )
            while not self._is_finishing:
                self._turn(consumer)
            self._see_commits_through(consumer)
        finally:
            # Revokes what is assigned, which commits.
            consumer.close()

    def _see_commits_through(self, consumer: Consumer) -> None:
        """Stay in the group until it has taken the last commit: amid a rebalance it takes none, nor on leaving."""
        give_up = self._clock() + LAST_COMMIT_WAIT_S
        self._turn(consumer)
        while self.commits.is_owing and self.health.brokers_reachable and self._clock() < give_up:
            self._turn(consumer)

    def _turn(self, consumer: Consumer) -> None:
        """Go round once: take back what is settled, commit, steer, fetch, deliver."""
        since_s = self._membership.beat()
        assignments = self._partitions.current
        self._partitions.apply_settled()
        self.commits.follow(consumer, assignments)
        self.flow.await_room()
        self.flow.steer(consumer, assignments)
        self._deliver(self._fetch(consumer))
        self._note_progress(since_s)
        self._sink.serve()
        self._broker_probe.look(consumer, self._partitions.current)

    def _note_progress(self, since_s: float) -> None:
        if self.health.brokers_reachable:
            for assignment in self._partitions.current:
                assignment.progress_s += 0.0 if assignment.paused else min(since_s, 1.0)

    def _fetch(self, consumer: Consumer) -> list[KafkaRecord]:
        """Wait for a first message, then take what is there: `consume` alone would wait for all of them."""
        assignments = self._partitions.current
        if assignments and all(assignment.paused for assignment in assignments):
            # No record can come, so only results are worth waiting for; behind the last ones only the broker's answer.
            self.flow.await_change(BUSY_POLL_S if self._is_finishing else IDLE_POLL_S)
            first = consumer.poll(0.0)
        else:
            is_busy = self.commits.is_under_way or any(assignment.running for assignment in assignments)
            first = consumer.poll(BUSY_POLL_S if is_busy else self._idle_poll_s)
        if first is None:
            return []
        # Noted before more is asked for: that may bring a rebalance, and the next assignment starts elsewhere.
        records = self._records_of([first], consumer)
        more = self.flow.fetchable(self._partitions.current) - len(records)
        return records + self._records_of(consumer.consume(more, 0), consumer) if more > 0 else records

    def _records_of(self, messages: list[Message], consumer: Consumer) -> list[KafkaRecord]:
        return [record for message in messages if (record := self._record_of(message, consumer)) is not None]

    def _deliver(self, records: list[KafkaRecord]) -> None:
        if records:
            self.flow.add(len(records))
            self._sink.records_arrived(records)

    def _record_of(self, message: Message, consumer: Consumer) -> KafkaRecord | None:
        """Read one message; None when it is an error, poison, or of a partition that has gone."""
        error = message.error()
        if error is not None:
            self._note_error(error)
            return None
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        assignment = self._assignment_of(partition=partition, offset=offset, consumer=consumer)
        if assignment is None:
            return None
        self.records += 1
        self.health.note_answer()
        try:
            event = decode(message.value())
            if event.job_type != self._job_type:
                raise PoisonRecordError(f"it is a job of type {event.job_type}, and the topic another type's")
            return KafkaRecord(assignment, offset, event, message)
        except Exception as unreadable:  # noqa: BLE001 - whatever a record holds, it must not stop its topic
            self._poisoned(message, assignment, offset=offset, error=unreadable)
            return None

    def _poisoned(self, message: Message, assignment: Assignment, *, offset: int, error: Exception) -> None:
        self.poison += 1
        reason = str(error) if isinstance(error, PoisonRecordError) else f"{type(error).__name__}: {error}"

        def settle() -> None:
            self._partitions.settle(assignment, offset, started=False)

        try:
            self._sink.poison_arrived(message, reason, then=settle)
        except Exception:
            log.exception("%s: a record that cannot be read could not be put away either", self.topic)
            settle()

    def _note_error(self, error: KafkaError) -> None:
        if is_fatal(error):
            raise KafkaException(error)
        self.health.note_error(error)

    def _assignment_of(self, *, partition: int, offset: int, consumer: Consumer) -> Assignment | None:
        """Note a record as received, and return where it belongs; None when its partition has gone."""
        assignment = self._partitions.find(partition)
        if assignment is None:
            return None
        self._broker_probe.came(assignment, offset)
        if assignment.tracker.receive(offset):
            return assignment
        # The log was cut, or the topic made anew: what comes now is new, whatever its offset. What came before and
        # still waits runs all the same, for no log may have it any more; its offsets count for nothing.
        log.warning("%s partition %s starts again at offset %s", self.topic, partition, offset)
        self.commits.rewind(consumer, partition=partition, offset=offset)
        fresh = self._partitions.start_again(partition)
        fresh.tracker.receive(offset)
        return fresh

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self.commits.answered(error, partitions)
        if error is None:
            self.health.note_answer()
