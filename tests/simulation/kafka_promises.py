"""What must hold in Kafka mode besides: each is named after what docs/kafka.md says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from zlib import crc32

from simulation.broker import PARTITIONS, Log, Record, SimulatedBroker
from simulation.loop import Process
from simulation.network import Message
from simulation.promises import Promises
from simulation.refusals import Flaw
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.kafka import assignment as assignments
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent, PoisonRecordError, decode
from workflow_sdk.runner.kafka.intake import KafkaIntake, topic_of
from workflow_sdk.runner.kafka.source import KafkaSource
from workflow_sdk.runner.kafka.takeover import RecordHolder
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

# Of ten seconds in life, with a turn to spare.
REVOKE_WAIT_S = 9.9
# A whole wait takes no longer than this, unless its process stood still; what ends it is noticed this soon.
WHOLE_WAIT_S, NOTICED_S = 10.6, 2.5
# And where a group takes no commits amid a rebalance, its last one is tried for so long.
COMMIT_PATIENCE_S = 5.1
# So long after a worker has found the engine away none of its consumers fetches anything.
HELD_AFTER_S = 1.0
# So long after brokers were out of somebody's reach all is as ever.
CALM_S = 15.0

# A process, a topic, and what it does one after another there.
_Lane = tuple[str, str, str]


def _partition_of(instance_id: str) -> int:
    return crc32(instance_id.encode()) % PARTITIONS


# Records are published again, and committed again where a group goes on without what it has committed.
@lru_cache(maxsize=256)
def event_of(record: Record, topic: str) -> DispatchEvent | None:
    """The job of this topic's type; None where the record is none."""
    try:
        event = decode(record.value)
    except PoisonRecordError:
        return None
    return event if topic_of(event.job_type) == topic else None


class KafkaPromises(Promises):
    """`broker` must be given before anything happens. `has_any_order`: an instance's jobs may overlap."""

    broker: SimulatedBroker

    def __init__(self, *arguments: Any, has_any_order: bool, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._has_any_order = has_any_order
        self._places: dict[str, tuple[str, int]] = {}
        self._in_assignment: Counter[tuple[str, Assignment, str, int]] = Counter()
        # What runs one after another, each with its partition.
        self._lanes: dict[_Lane, int] = {}
        # Those in which a job waits that was given back: its attempt, until when, and while it is assigned so.
        self._waiting: dict[_Lane, tuple[tuple[str, int], float, Assignment]] = {}
        # Jobs that have begun, and have no thread yet.
        self._ahead: set[InFlight] = set()
        self._counted: set[tuple[str, str, int]] = set()
        self._of_attempt: Counter[tuple[str, int]] = Counter()
        self._intakes: dict[str, tuple[KafkaIntake, Process]] = {}
        # By process: when it found the engine away; by process, topic and partition: when it was last done with a job.
        self._away_at: dict[str, float] = {}
        self._settled_at: dict[tuple[str, str, int], float] = {}
        # By topic: the records that were removed, and those of them that nobody had read.
        self._removed: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        # Jobs of which a process has found that they, or their instances, are over, or are nowhere.
        self._over: set[str] = set()
        # Jobs that ran more than a window past the last commit; of each attempt the offset at which it ran first.
        self._far: set[str] = set()
        self._first_at: dict[tuple[str, int], int] = {}

    def commits(self, topic: str, partition: int, log: Log, begin: int, end: int) -> None:
        """The group takes note that everything below `end` is done in this log; `begin` is what it was."""
        if end < begin:
            self._break(f"an offset is never taken back: {topic} {partition}: {begin}, then {end}")
        if end > log.end:
            self._break(f"no more is committed than there is: {topic} {partition}: {end} of {log.end}")
        for offset in range(max(begin, log.start), end):
            event = event_of(log.records[offset], topic)
            if event is None or self._is_given_up(event):
                if offset not in log.dead_letters:
                    self._break(
                        f"what nobody can finish is copied before it is passed: {topic} {partition} {offset}"
                    )
            elif self._is_open(event) and not self._engine.has_ended(event.instance_id):
                self._break(
                    f"an offset is committed only after the job's outcome: {topic} {partition} {offset}",
                    event.job_id,
                )

    def _is_open(self, event: DispatchEvent) -> bool:
        attempt = event.step_execution_id, event.retries_remaining
        return self._engine.attempt_of(event.job_id) == attempt

    def _is_given_up(self, event: DispatchEvent) -> bool:
        """Whether the engine will never take an outcome of it, as far as the workers can tell."""
        if self._engine.step_of(event.job_id):
            return event.job_id in self._given_up and self._is_open(event)
        return event.job_id not in self._over and not self._engine.has_forgotten(event.job_id)

    def found_over(self, claim: Claim) -> None:
        """A process takes it that the job, or its instance, is over."""
        self._over.add(claim.job_id)

    def takes_in(self, process: str, intake: KafkaIntake, machine: Process) -> None:
        """A process has begun."""
        self._intakes[process] = intake, machine

    def went_away(self, process: str) -> None:
        """It has found the engine away."""
        self._away_at[process] = self._now()

    def fetches(self, process: str, topic: str) -> None:
        """Its consumer asks for records of partitions that are not paused."""
        intake, machine = self._intakes[process]
        if not intake._watch.is_away:
            return
        since = max(self._away_at.get(process, 0.0), machine.went_on_at)
        if self._now() - since > HELD_AFTER_S:
            self._break(f"while the engine is away no records are fetched: {process} {topic}")

    def settled(self, process: str, topic: str, partition: int) -> None:
        """It is done with a job that has begun, reported or not."""
        self._settled_at[process, topic, partition] = self._now()

    def waited(self, process: str, topic: str, partitions: list[int], waited_s: float) -> None:
        """It has given these partitions back, after having waited for so long."""
        if not REVOKE_WAIT_S <= waited_s <= WHOLE_WAIT_S:
            return
        intake, _ = self._intakes[process]
        begun = [record.assignment for record in intake._running.values()]
        last = max(self._settled_at.get((process, topic, one), 0.0) for one in partitions)
        is_waited_for = any(one.topic == topic and one.partition in partitions for one in begun)
        noticed_s = COMMIT_PATIENCE_S if self.broker.refuses_amid_rebalances else NOTICED_S
        if not is_waited_for and self._now() - last > noticed_s:
            self._break(
                f"a revoked partition waits for nothing but its running jobs: {process} {topic} {partitions}"
            )

    def removed(self, topic: str, partition: int, offsets: range) -> None:
        """Kafka has removed these, which the group had not committed; of one without an offset nobody knows where it
        would have begun.
        """
        self._removed[topic] += len(offsets)
        if partition in self.broker.group(topic).committed:
            delivered = self.broker.logs(topic)[partition].delivered
            unread = [at for at in offsets if at not in delivered]
            self._unread[topic] += len(unread)

    def said_lost(self, said: Counter[str]) -> None:
        """At rest: what the workers have said, by topic."""
        for topic in self.broker.groups:
            if said[topic] < self._unread[topic]:
                self._break(
                    f"records removed unread are said: {said[topic]} of {self._unread[topic]} in {topic}"
                )
            if said[topic] > self._removed[topic]:
                self._break(f"nothing is said to be removed that is there: {said[topic]} in {topic}")

    def revoked(self, process: str, topic: str, partition: int, waited_s: float, read_to: int) -> None:
        """The process gives a partition back, over a sound network, after having waited for so long; what lies from
        `read_to` on it has not seen: copies of what it has done, too.
        """
        # Past its drain's end a worker waits for none.
        has_left = self._intakes[process][0].sources[topic]._is_finishing
        if (
            not has_left
            and waited_s < REVOKE_WAIT_S
            and any(
                (one, its_topic, its_partition) == (process, topic, partition)
                for (one, its_topic, _), its_partition in self._lanes.items()
            )
        ):
            self._break(f"a revoked partition waits for its running jobs: {process} {topic} {partition}")
        log, begin = self.broker.logs(topic)[partition], self.broker.group(topic).committed_of(partition)
        if self.broker.refuses_amid_rebalances or begin >= min(log.end, read_to):
            return
        event = event_of(log.records[begin], topic)
        if event is not None and (process, event.job_id, event.retries_remaining) in self._counted:
            self._break("what is done of a partition is committed before it moves", event.job_id)

    def _may_fail(self, message: Message) -> None:
        topic, partition = self._places[message.job_id]
        owner = self.broker.group(topic).owner_of(partition)
        if owner not in ("", message.process):
            self._break(
                f"a failure is reported only by who has the say, and {partition} is {owner}'s", message.job_id
            )

    def _leased_until(self, message: Message) -> float | None:
        return None

    def _cannot_know(self, failure: Message) -> bool:
        """Whether somebody has done the job further past the last commit than anybody looks."""
        return failure.job_id in self._far or super()._cannot_know(failure)

    def runs_now(self, process: str, item: InFlight) -> None:
        claim = item.claim
        assert isinstance(claim.holder, RecordHolder)
        assignment, offset = claim.holder.record.assignment, claim.holder.record.offset
        self._places[claim.job_id] = assignment.topic, assignment.partition
        committed = self.broker.group(assignment.topic).committed_of(assignment.partition)
        # Or who has done it committed that, and a copy lies a window behind.
        first = self._first_at.setdefault((claim.step_execution_id, claim.retries_remaining), offset)
        is_copy_behind = first < assignment.begin <= offset - assignments.WINDOW
        if offset >= committed + assignments.WINDOW or is_copy_behind:
            self._far.add(claim.job_id)
        lane = self._lane_of(process, item)
        waits, until, while_assigned = self._waiting.pop(lane, (None, 0.0, assignment))
        if while_assigned is not assignment:
            until = self._not_before[process, claim.step_execution_id] = 0.0
        attempt = self._begins(process, item)
        self._of_attempt[attempt] += 1
        if item not in self._ahead:
            self._may_start(process, item)
        self._ahead.discard(item)
        if lane in self._lanes or (waits != attempt and self._now() < until):
            self._break(
                "the same job never runs twice at once in one process"
                if self._has_any_order
                else "the jobs of one instance and type run one after another",
                claim.job_id,
            )
        self._lanes[lane] = assignment.partition
        if self._engine.has_forgotten(claim.job_id):
            return
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
                self._may_start(process, item)
                self._ahead.add(item)

    def buffers(self, process: str, sources: list[KafkaSource]) -> None:
        """What its consumers hold."""
        for source in sources:
            if source.flow.waiting > source.flow._capacity:
                self._break(f"no more records wait than a buffer holds: {process} {source.flow.waiting}")
            for tracker in (assignment.tracker for assignment in source._partitions.current):
                if len(tracker._outstanding) > tracker._window:
                    self._break(f"a partition goes no further past its watermark than its window: {process}")

    def _may_start(self, process: str, item: InFlight) -> None:
        """It starts, be it that it waits for a thread first."""
        if self.limits.is_quiet(process):
            self._break(f"a paused worker starts nothing: {process}", item.claim.job_id)
        assert isinstance(item.claim.holder, RecordHolder)
        assignment = item.claim.holder.record.assignment
        if not (assignment.is_open and assignment.is_ours):
            self._break("no job starts whose partition has gone", item.claim.job_id)

    def ran(self, process: str, item: InFlight, result: str, *, flaw: Flaw | None = None) -> None:
        super().ran(process, item, result, flaw=flaw)
        self._lanes.pop(self._lane_of(process, item), None)

    def _lane_of(self, process: str, item: InFlight) -> _Lane:
        claim = item.claim
        what = claim.step_execution_id if self._has_any_order else claim.instance_id
        return process, topic_of(claim.job_type), what

    def given_back(self, process: str, item: InFlight) -> None:
        super().given_back(process, item)
        assert isinstance(item.claim.holder, RecordHolder)
        attempt = self._latest[process, item.claim.step_execution_id]
        lane = self._lane_of(process, item)
        self._lanes.pop(lane, None)
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
        if self._engine.has_ended(claim.instance_id):
            return
        if self._engine.attempt_of(claim.job_id) == (claim.step_execution_id, claim.retries_remaining):
            self._break("what was counted as done was done", claim.job_id)

    def drained(
        self, process: str, summary: RunSummary, *, took_s: float, patience_s: float, in_flight: list[str]
    ) -> None:
        super().drained(process, summary, took_s=took_s, patience_s=patience_s, in_flight=in_flight)
        is_sound = self._now() - self.broker.disturbed_at > CALM_S and not self.broker.fault_rate
        # A last commit may wait for a member that was killed for longer than there is.
        takes_commits = not self.broker.refuses_amid_rebalances
        if (
            is_sound
            and takes_commits
            and not in_flight
            and any(group.has(process) for group in self.broker.groups.values())
        ):
            self._break(f"after a drain a worker has left its groups: {process}")

    def wrongly_said(self, process: str, said: RunnerSnapshot) -> str:
        has_any = any(
            group.owner_of(partition) == process
            for group in self.broker.groups.values()
            for partition in range(PARTITIONS)
        )
        surplus = "that it has no partition" if has_any else "nothing of having no partition"
        return super().wrongly_said(process, said) or (surplus if has_any == bool(said.surplus) else "")

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
            f"{topic} {partition}: {group.committed_of(partition)} of {log.end}"
            for topic, group in self.broker.groups.items()
            for partition, log in enumerate(self.broker.logs(topic))
            if max(group.committed_of(partition), log.start) != log.end
        ]
