"""Faults planted into the Kafka mode of the worker; each with a seed that finds it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from simulation.planted_faults import FAULTS, Plant, not_proved
from workflow_sdk.runner.job.claim import Claim, ClaimRight
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.backlog import Backlog
from workflow_sdk.runner.kafka.broker_probe import BrokerProbe
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.deduplication import AcknowledgedIds
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.intake import KafkaIntake
from workflow_sdk.runner.kafka.offsets import WINDOW, OffsetTracker
from workflow_sdk.runner.kafka.rebalances import Rebalances
from workflow_sdk.runner.kafka.source import KafkaSource
from workflow_sdk.runner.kafka.takeover import RecordHolder
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


KAFKA_FAULTS = (
    Plant(
        "an offset is done when it is read", 24, OffsetTracker, "watermark", property(lambda self: self._next)
    ),
    Plant("a late offset settles those before it", 24, OffsetTracker, "settle", _settle_all_below),
    Plant(
        "a job that was left unreported is passed",
        99,
        KafkaIntake,
        "settled",
        _settled_whatever_came(KafkaIntake.settled),
    ),
    Plant(
        "a dispatch is remembered at its start",
        43,
        KafkaIntake,
        "_begin",
        _remembered_at_its_start(KafkaIntake._begin),
    ),
    Plant("no dispatch is remembered", 36, AcknowledgedIds, "__contains__", lambda self, dedup_id: False),
    Plant(
        "a lost partition keeps its right to fail",
        386,
        Assignment,
        "right_to_fail",
        property(lambda self: ClaimRight.HAS),
    ),
    Plant("a job starts whose partition has gone", 43, KafkaRecord, "try_start", _started_whatever_has_gone),
    Plant("a lost partition is left open", 35, Assignment, "end", _ended_and_left_open),
    Plant("a revoked partition waits for nobody", 27, Rebalances, "_await_running", _nothing),
    Plant(
        "a revoked partition waits for what is done",
        27,
        Rebalances,
        "apply_settled",
        _settled_and_left_running,
    ),
    Plant("a revoked partition waits for a job that was left", 99, KafkaSource, "leave", _nothing),
    Plant("records are fetched while the engine is away", 42, KafkaSource, "hold", _nothing),
    Plant("a record of a retry proves nothing", 27, Execution, "next_came", not_proved(Execution.next_came)),
    Plant("a paused partition stays so", 27, FlowControl, "_may_resume", lambda self, assignment: False),
    Plant(
        "a burst of records wakes nobody", 24, KafkaIntake, "_take_in", _woken_up_once(KafkaIntake._take_in)
    ),
    Plant("jobs of one instance overlap", 24, Backlog, "_lane_of", _lane_of_its_own),
    Plant(
        "nobody looks for an earlier owner", 32, RecordHolder, "is_inherited", property(lambda self: False)
    ),
    Plant("a record that nobody can read is not copied", 81, KafkaIntake, "poison_arrived", _passed_at_once),
    Plant("a record settles nothing", 24, KafkaIntake, "_settle", _nothing),
    Plant(
        "a job that was given back runs without its partition",
        99,
        Claim,
        "right_to_begin",
        lambda self, now: ClaimRight.HAS,
    ),
    Plant("a partition's window is not kept", 111, OffsetTracker, "room", property(lambda self: WINDOW)),
    Plant("a buffer takes whatever comes", 111, FlowControl, "fetchable", lambda self, assignments: WINDOW),
    Plant("what was removed before it was assigned is not said", 428, BrokerProbe, "_check_start", _nothing),
)

ALL_FAULTS = FAULTS + KAFKA_FAULTS
