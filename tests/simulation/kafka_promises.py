"""What must hold in Kafka mode besides: each is named after what docs/kafka.md says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from zlib import crc32

from simulation.broker import PARTITIONS, Record, SimulatedBroker
from simulation.loop import Process
from simulation.network import Message
from simulation.promises import Promises
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent, PoisonRecordError, decode
from workflow_sdk.runner.kafka.intake import KafkaIntake, topic_of
from workflow_sdk.runner.kafka.source import KafkaSource
from workflow_sdk.runner.kafka.takeover import RecordHolder

# Of ten seconds in life, with a turn to spare.
REVOKE_WAIT_S = 9.9
# A whole wait takes no longer than this, unless its process stood still; what ends it is noticed this soon.
WHOLE_WAIT_S, NOTICED_S = 10.6, 2.5
# So long after a worker has found the engine away none of its consumers fetches anything.
HELD_AFTER_S = 1.0


def _partition_of(instance_id: str) -> int:
    return crc32(instance_id.encode()) % PARTITIONS


# Records are published again, and committed again where a group goes on without what it has committed.
@lru_cache(maxsize=256)
def _event_of(record: Record, topic: str) -> DispatchEvent | None:
    """The job of this topic's type; None where the record is none."""
    try:
        event = decode(record.value)
    except PoisonRecordError:
        return None
    return event if topic_of(event.job_type) == topic else None


class KafkaPromises(Promises):
    """`broker` must be given before anything happens."""

    broker: SimulatedBroker

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._places: dict[str, tuple[str, int]] = {}
        self._in_assignment: Counter[tuple[str, Assignment, str, int]] = Counter()
        self._lanes: set[tuple[str, str, str]] = set()
        # Those in which a job waits that was given back: its attempt, until when, and while it is assigned so.
        self._waiting: dict[tuple[str, str, str], tuple[tuple[str, int], float, Assignment]] = {}
        # Jobs that have begun, and have no thread yet.
        self._ahead: set[InFlight] = set()
        self._counted: set[tuple[str, str, int]] = set()
        self._of_attempt: Counter[tuple[str, int]] = Counter()
        self._serving: dict[str, tuple[KafkaIntake, Process]] = {}
        # By process: when it found the engine away; by process, topic and partition: when it was last done with a job.
        self._away_at: dict[str, float] = {}
        self._settled_at: dict[tuple[str, str, int], float] = {}
        # By topic: the records that were removed, and those of them that nobody had read.
        self._removed: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()

    def commits(self, topic: str, partition: int, begin: int, end: int) -> None:
        """The group takes note that everything below `end` is done; `begin` is what it was."""
        log = self.broker.logs(topic)[partition]
        if end < begin:
            self._break(f"an offset is never taken back: {topic} {partition}: {begin}, then {end}")
        if end > log.end:
            self._break(f"no more is committed than there is: {topic} {partition}: {end} of {log.end}")
        for offset in range(max(begin, log.start), end):
            event = _event_of(log.records[offset], topic)
            if event is None:
                self._is_copied(topic, partition, offset)
            elif event.instance_id in self._engine.cancelled:
                continue  # what is reported of it the engine takes, and does nothing
            elif self._engine.attempt_of(event.job_id) == (event.step_execution_id, event.retries_remaining):
                self._break(
                    f"an offset is committed only after the job's outcome: {topic} {partition} {offset}",
                    event.job_id,
                )

    def serves(self, process: str, intake: KafkaIntake, machine: Process) -> None:
        """A process has begun."""
        self._serving[process] = intake, machine

    def went_away(self, process: str) -> None:
        """It has found the engine away."""
        self._away_at[process] = self._now()

    def fetches(self, process: str, topic: str) -> None:
        """Its consumer asks for records of partitions that are not paused."""
        intake, machine = self._serving[process]
        since = max(self._away_at.get(process, 0.0), machine.went_on_at)
        if intake._watch.is_away and self._now() - since > HELD_AFTER_S:
            self._break(f"while the engine is away no records are fetched: {process} {topic}")

    def settled(self, process: str, topic: str, partition: int) -> None:
        """It is done with a job that has begun, reported or not."""
        self._settled_at[process, topic, partition] = self._now()

    def waited(self, process: str, topic: str, partitions: list[int], waited_s: float) -> None:
        """It has given these partitions back, after having waited for so long."""
        if not REVOKE_WAIT_S <= waited_s <= WHOLE_WAIT_S:
            return
        intake, _ = self._serving[process]
        begun = [record.assignment for record in intake._running.values()]
        last = max(self._settled_at.get((process, topic, one), 0.0) for one in partitions)
        is_waited_for = any(one.topic == topic and one.partition in partitions for one in begun)
        if not is_waited_for and self._now() - last > NOTICED_S:
            self._break(
                f"a revoked partition waits for nothing but its running jobs: {process} {topic} {partitions}"
            )

    def removed(self, topic: str, partition: int, offsets: range) -> None:
        """Kafka has removed these, which the group had not committed; of one without an offset nobody knows where it
        would have begun.
        """
        self._removed[topic] += len(offsets)
        if partition in self.broker.group(topic).committed:
            unread = [at for at in offsets if (topic, partition, at) not in self.broker.delivered]
            self._unread[topic] += len(unread)

    def said_lost(self, said: Counter[str]) -> None:
        """At rest: what the workers have said, by topic."""
        for topic in self.broker.groups:
            if said[topic] < self._unread[topic]:
                self._break(
                    f"records removed unread are said: {said[topic]} of {self._unread[topic]} in {topic}"
                )
            if said[topic] and not self._removed[topic]:
                self._break(f"nothing is said to be removed that is there: {said[topic]} in {topic}")

    def _is_copied(self, topic: str, partition: int, offset: int) -> None:
        if (topic, partition, offset) not in self.broker.dead_letters:
            self._break(
                f"a record nobody can read is copied before it is passed: {topic} {partition} {offset}"
            )

    def revoked(self, process: str, topic: str, partition: int, waited_s: float, read_to: int) -> None:
        """The process gives a partition back, over a sound network, after having waited for so long; what lies from
        `read_to` on it has not seen: copies of what it has done, too.
        """
        if waited_s < REVOKE_WAIT_S and any(
            (one, its_topic) == (process, topic) and _partition_of(instance_id) == partition
            for one, its_topic, instance_id in self._lanes
        ):
            self._break(f"a revoked partition waits for its running jobs: {process} {topic} {partition}")
        log, begin = self.broker.logs(topic)[partition], self.broker.group(topic).committed.get(partition, 0)
        if self.broker.refuses_amid_rebalances or begin >= min(log.end, read_to):
            return
        event = _event_of(log.records[begin], topic)
        if event is not None and (process, event.job_id, event.retries_remaining) in self._counted:
            self._break("what is done of a partition is committed before it moves", event.job_id)

    def _may_fail(self, message: Message) -> None:
        topic, partition = self._places[message.job_id]
        owner = self.broker.group(topic).owner_of(partition)
        if owner not in ("", message.process):
            self._break(
                f"a failure is reported only by who has the say, and {partition} is {owner}'s", message.job_id
            )

    def runs_now(self, process: str, item: InFlight) -> None:
        claim = item.claim
        assert isinstance(claim.holder, RecordHolder)
        assignment = claim.holder.record.assignment
        self._places[claim.job_id] = assignment.topic, assignment.partition
        lane = process, assignment.topic, claim.instance_id
        waits, until, while_assigned = self._waiting.pop(lane, (None, 0.0, assignment))
        if while_assigned is not assignment:
            until = self._not_before[process, claim.step_execution_id] = 0.0
        attempt = self._begins(process, item)
        self._of_attempt[attempt] += 1
        if self._is_quiet(process):
            self._break(f"a paused worker starts nothing: {process}", claim.job_id)
        if item not in self._ahead:
            self._has_its_partition(item)
        self._ahead.discard(item)
        if lane in self._lanes or (waits != attempt and self._now() < until):
            self._break("the jobs of one instance and type run one after another", claim.job_id)
        self._lanes.add(lane)
        self._in_assignment[process, assignment, *attempt] += 1
        if self._in_assignment[process, assignment, *attempt] > 1:
            self._break(
                "a job runs once while its partition stays, however often it is published", claim.job_id
            )
        self._runs_with_reason(claim)

    def wait_for_threads(self, process: str, items: Collection[InFlight]) -> None:
        super().wait_for_threads(process, items)
        for item in items:
            if item not in self._ahead:
                self._has_its_partition(item)
                self._ahead.add(item)

    def buffers(self, process: str, sources: list[KafkaSource]) -> None:
        """What its consumers hold."""
        for source in sources:
            if source.flow.waiting > source.flow._capacity:
                self._break(f"no more records wait than a buffer holds: {process} {source.flow.waiting}")
            for tracker in (assignment.tracker for assignment in source._partitions.current):
                if len(tracker._outstanding) > tracker._window:
                    self._break(f"a partition goes no further past its watermark than its window: {process}")

    def _has_its_partition(self, item: InFlight) -> None:
        assert isinstance(item.claim.holder, RecordHolder)
        assignment = item.claim.holder.record.assignment
        if not (assignment.is_open and assignment.is_ours):
            self._break("no job starts whose partition has gone", item.claim.job_id)

    def ran(self, process: str, item: InFlight, result: str) -> None:
        super().ran(process, item, result)
        self._lanes.discard((process, topic_of(item.claim.job_type), item.claim.instance_id))

    def given_back(self, process: str, item: InFlight) -> None:
        super().given_back(process, item)
        assert isinstance(item.claim.holder, RecordHolder)
        attempt = self._latest[process, item.claim.step_execution_id]
        lane = process, topic_of(item.claim.job_type), item.claim.instance_id
        self._lanes.discard(lane)
        assignment = item.claim.holder.record.assignment
        self._waiting[lane] = attempt, self._not_before[process, attempt[0]], assignment
        self._of_attempt[attempt] -= 1
        self._in_assignment[process, assignment, *attempt] -= 1

    def _runs_with_reason(self, claim: Claim) -> None:
        topic = topic_of(claim.job_type)
        moves = self.broker.group(topic).moves[_partition_of(claim.instance_id)]
        if self._of_attempt[claim.step_execution_id, claim.retries_remaining] > moves:
            self._break("an attempt runs again only where its partition has moved", claim.job_id)

    def counted_as_done(self, process: str, claim: Claim) -> None:
        """An attempt that another worker has failed before counts for nothing: its retry does the job."""
        self._counted.add((process, claim.job_id, claim.retries_remaining))
        if claim.instance_id in self._engine.cancelled:
            return
        if self._engine.attempt_of(claim.job_id) == (claim.step_execution_id, claim.retries_remaining):
            self._break("what was counted as done was done", claim.job_id)

    @property
    def is_all_committed(self) -> bool:
        return not self._uncommitted()

    def all_committed(self) -> None:
        if uncommitted := self._uncommitted():
            self._break(f"at rest everything is committed, and {uncommitted[0]} is not")

    def calm(self) -> None:
        for key, runs in self.runs.items():
            if runs != 1 + self._failures[key]:
                self._break("nothing runs twice without need", *self._ids[key])

    def _uncommitted(self) -> list[str]:
        return [
            f"{topic} {partition}: {group.committed.get(partition, 0)} of {log.end}"
            for topic, group in self.broker.groups.items()
            for partition, log in enumerate(self.broker.logs(topic))
            if max(group.committed.get(partition, 0), log.start) != log.end
        ]
