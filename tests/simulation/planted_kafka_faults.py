"""Faults planted into the Kafka mode of the worker; each with a seed that finds it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from simulation.kinds import Seed
from simulation.planted_faults import FAULTS, Plant, not_proved
from simulation.planted_refusal_faults import REFUSAL_FAULTS
from workflow_sdk.runner.job.claim import Claim, ClaimRight
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.backlog import Backlog
from workflow_sdk.runner.kafka.broker_probe import BrokerProbe
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.deduplication import AcknowledgedIds
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.intake import KafkaIntake
from workflow_sdk.runner.kafka.membership import Membership
from workflow_sdk.runner.kafka.offsets import WINDOW, OffsetTracker
from workflow_sdk.runner.kafka.rebalances import Rebalances
from workflow_sdk.runner.kafka.source import KafkaSource
from workflow_sdk.runner.kafka.surplus_workers import SurplusWatch
from workflow_sdk.runner.kafka.takeover import RecordHolder, Takeover
from workflow_sdk.runner.shift.execution import Execution

_NUMBERS = count()


def _settled_whatever_came(original: Callable[..., None]) -> Callable[..., None]:
    def settled(self: KafkaIntake, claim: Any, settlement: Settlement) -> None:
        original(self, claim, Settlement.ENDED)

    return settled


def _remembered_at_its_start(original: Callable[..., None]) -> Callable[..., None]:
    def begin(self: KafkaIntake, record: KafkaRecord) -> None:
        original(self, record)
        self._acknowledged.add(record.event.dedup_id)

    return begin


def _settle_all_below(self: OffsetTracker, offset: int) -> None:
    while self._outstanding and self._outstanding[0] <= offset:
        self._outstanding.popleft()


def _taken_for_longer(original: Callable[..., None]) -> Callable[..., None]:
    def made(self: Membership, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self._allowed_s = self.session_s * 1.15

    return made


def _counted_from_the_beginning(original: Callable[..., None]) -> Callable[..., None]:
    def say(self: BrokerProbe, partition: int, *, begin: int, end: int) -> None:
        original(self, partition, begin=0, end=end)

    return say


def _applied_to_who_is_there(self: Rebalances) -> None:
    while self._settled:
        before, offset, started = self._settled.popleft()
        (self._assignments.get(before.partition) or before).tracker.settle(offset)
        if started:
            before.end_one()


def _started_whatever_has_gone(self: KafkaRecord) -> bool:
    self.started = True
    self.assignment._running += 1
    return True


def _ended_and_left_open(self: Assignment) -> None:
    self._is_ours = False


def _forgets_what_failed(self: Commits, error: Any) -> None:
    if error is None:
        self.done += 1


def _woken_up_once(original: Callable[..., None]) -> Callable[..., None]:
    def take_in(self: KafkaIntake) -> None:
        original(self)
        self._wake_up_sent = True

    return take_in


def _lane_of_its_own(self: Backlog, record: KafkaRecord) -> tuple[str, str]:
    lane = getattr(record.message, "lane", None)
    if lane is None:
        lane = record.message.lane = str(next(_NUMBERS))  # type: ignore[attr-defined]
    return record.assignment.topic, lane


def _passed_at_once(self: KafkaIntake, message: Any, reason: str, *, then: Callable[[], None]) -> None:
    then()


def _settled_and_left_running(self: Rebalances) -> None:
    while self._settled:
        assignment, offset, _ = self._settled.popleft()
        assignment.tracker.settle(offset)


def _nothing(self: Any, *_: Any, **__: Any) -> None:
    return


def _old_logs_alone(original: Callable[..., Any]) -> Callable[..., Any]:
    def assignment_of(self: KafkaSource, partition: int, offset: int, consumer: Any) -> Any:
        assignment = self._partitions.find(partition)
        due = None if assignment is None else assignment.tracker.next_offset
        return None if due is not None and offset < due else original(self, partition, offset, consumer)

    return assignment_of


def _once(self: KafkaSource) -> None:
    with suppress(Exception):
        self._consume_until_finished()


KAFKA_FAULTS = (
    Plant(
        "an offset is done when it is read",
        Seed(24, "kafka: calm", "0"),
        OffsetTracker,
        "watermark",
        property(lambda self: self._next),
    ),
    Plant(
        "a late offset settles those before it",
        Seed(24, "kafka: calm", "0"),
        OffsetTracker,
        "settle",
        _settle_all_below,
    ),
    Plant(
        "a job that was left unreported is passed",
        Seed(99, "kafka: jobs are given back amid reloads", "0"),
        KafkaIntake,
        "settled",
        _settled_whatever_came(KafkaIntake.settled),
    ),
    Plant(
        "a dispatch is remembered at its start",
        Seed(7, "kafka: everything", "next"),
        KafkaIntake,
        "_begin",
        _remembered_at_its_start(KafkaIntake._begin),
    ),
    Plant(
        "no dispatch is remembered",
        Seed(0, "kafka: brokers", "0"),
        AcknowledgedIds,
        "__contains__",
        lambda self, dedup_id: False,
    ),
    Plant(
        "a lost partition keeps its right to fail",
        Seed(5, "kafka: everything", "leases"),
        Assignment,
        "right_to_fail",
        property(lambda self: ClaimRight.HAS),
    ),
    Plant(
        "a job starts whose partition has gone",
        Seed(0, "kafka: everything", "0"),
        KafkaRecord,
        "try_start",
        _started_whatever_has_gone,
    ),
    Plant(
        "a lost partition is left open",
        Seed(35, "kafka: pauses", "leases"),
        Assignment,
        "end",
        _ended_and_left_open,
    ),
    Plant(
        "a revoked partition waits for nobody",
        Seed(27, "kafka: network", "0"),
        Rebalances,
        "_await_running",
        _nothing,
    ),
    Plant(
        "a revoked partition waits for what is done",
        Seed(27, "kafka: network", "0"),
        Rebalances,
        "apply_settled",
        _settled_and_left_running,
    ),
    Plant(
        "a revoked partition waits for a job that was left",
        Seed(0, "kafka: jobs are given back amid reloads", "0"),
        KafkaSource,
        "leave",
        _nothing,
    ),
    Plant(
        "records are fetched while the engine is away",
        Seed(0, "kafka: everything", "0"),
        KafkaSource,
        "hold",
        _nothing,
    ),
    Plant(
        "a record of a retry proves nothing",
        Seed(27, "kafka: network", "0"),
        Execution,
        "next_came",
        not_proved(Execution.next_came),
    ),
    Plant(
        "a paused partition stays so",
        Seed(27, "kafka: network", "0"),
        FlowControl,
        "_may_resume",
        lambda self, assignment: False,
    ),
    Plant(
        "a burst of records wakes nobody",
        Seed(24, "kafka: calm", "0"),
        KafkaIntake,
        "_take_in",
        _woken_up_once(KafkaIntake._take_in),
    ),
    Plant(
        "jobs of one instance overlap", Seed(24, "kafka: calm", "0"), Backlog, "_lane_of", _lane_of_its_own
    ),
    Plant(
        "nobody looks for an earlier owner",
        Seed(5, "kafka: kills", "leases"),
        RecordHolder,
        "is_inherited",
        property(lambda self: False),
    ),
    Plant(
        "a record that nobody can read is not copied",
        Seed(81, "kafka: poison", "0"),
        KafkaIntake,
        "poison_arrived",
        _passed_at_once,
    ),
    Plant("a record settles nothing", Seed(24, "kafka: calm", "0"), KafkaIntake, "_settle", _nothing),
    Plant(
        "a job that was given back runs without its partition",
        Seed(0, "kafka: jobs are given back amid reloads", "0"),
        Claim,
        "right_to_begin",
        lambda self, now: ClaimRight.HAS,
    ),
    Plant(
        "a partition's window is not kept",
        Seed(111, "kafka: little room", "0"),
        OffsetTracker,
        "room",
        property(lambda self: WINDOW),
    ),
    Plant(
        "a buffer takes whatever comes",
        Seed(111, "kafka: little room", "0"),
        FlowControl,
        "fetchable",
        lambda self, assignments: WINDOW,
    ),
    Plant(
        "what was removed before it was assigned is not said",
        Seed(15, "kafka: retention", "0"),
        BrokerProbe,
        "_check_start",
        _nothing,
    ),
    Plant(
        "a job that is given up is not copied",
        Seed(0, "kafka: strangers", "0"),
        KafkaIntake,
        "_give_up",
        lambda self, record: self._settle(record),
    ),
    Plant(
        "an offset of a former log stays",
        Seed(7, "kafka: topics are made anew amid restarts", "next"),
        Commits,
        "lower",
        _nothing,
    ),
    Plant(
        "a log that starts again is passed",
        Seed(0, "kafka: topics are made anew", "leases"),
        KafkaSource,
        "_assignment_of",
        _old_logs_alone(KafkaSource._assignment_of),
    ),
    Plant(
        "a new log's first commit is not seen through",
        Seed(7, "kafka: topics are made anew amid restarts", "next"),
        Commits,
        "_lowered_marks",
        lambda self, assignments: [],
    ),
    Plant(
        "a consumer that fails has no successor",
        Seed(0, "kafka: consumers fail", "0"),
        KafkaSource,
        "_run",
        _once,
    ),
    Plant(
        "what a takeover has led to is forgotten",
        Seed(115, "kafka: any order", "next"),
        Takeover,
        "reported",
        _nothing,
    ),
    Plant(
        "an attempt runs beside itself",
        Seed(22, "kafka: any order", "next"),
        Backlog,
        "_lane_of",
        _lane_of_its_own,
    ),
    Plant(
        "a worker that has no partition says nothing",
        Seed(0, "kafka: many workers", "0"),
        SurplusWatch,
        "look",
        _nothing,
    ),
    Plant(
        "a topic that is there again stays missing",
        Seed(0, "kafka: topics are made anew", "0"),
        BrokerProbe,
        "_probe",
        _nothing,
    ),
    Plant(
        "a member is taken for one for longer than its session",
        Seed(1, "kafka: pauses of about a session", "next"),
        Membership,
        "__init__",
        _taken_for_longer(Membership.__init__),
    ),
    Plant(
        "more records are said to be removed than were",
        Seed(19, "kafka: retention", "next"),
        BrokerProbe,
        "_say_lost",
        _counted_from_the_beginning(BrokerProbe._say_lost),
    ),
    Plant("a worker stays in its groups", Seed(0, "kafka: restarts", "0"), KafkaIntake, "_leave", _nothing),
)

ALL_FAULTS = FAULTS + REFUSAL_FAULTS + KAFKA_FAULTS
