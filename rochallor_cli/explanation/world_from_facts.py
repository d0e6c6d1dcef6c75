"""Facts to the world of the pure machine: which jobs, tasks and timers there must be, by the engine's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rochallor_cli.dev_engine.explore import (
    BoundaryEvent,
    Definition,
    ExecutionStatus,
    Instance,
    InstanceStatus,
    JobRecord,
    JobStatus,
    PendingTimer,
    Step,
    StepExecution,
    UserTask,
    Variables,
    World,
    timer_length_ns,
)
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.engine_client.reading import attempt_of, definition_of, mapping
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.output.times import parse_time

INTERRUPTED = "interrupted by boundary timer"
# A timer that is due may still be on its way: the engine looks every 5 s, and clocks differ.
LATENESS_S = 60.0


@dataclass(frozen=True)
class RebuiltWorld:
    """A world, and what in it is likely only.

    doubtful_tasks: steps whose user task may have been completed, which leaves no trace once a timer interrupted it.
    overdue: ids of timers that should have fired and have left no trace.
    """

    world: World
    doubtful_tasks: frozenset[str] = frozenset()
    overdue: frozenset[str] = frozenset()


def rebuilt(definition: Definition, facts: Facts, now: datetime) -> RebuiltWorld:
    """The world in which the facts hold, by the rules of the definition's engine version."""
    executions = tuple(_execution(row) for row in facts.executions)
    latest = _Latest(facts)
    tasks, doubtful = _open_tasks(definition, facts, latest)
    pending = list(_pending_timers(definition, facts, latest=latest, now=now))
    world = World(
        _instance(facts, executions),
        executions,
        tuple(_open_jobs(definition, executions)),
        tuple(tasks),
        tuple(each.timer for each in pending),
        now_ns=_ns(now),
    )
    overdue = frozenset(each.timer.id for each in pending if each.is_overdue)
    return RebuiltWorld(world, frozenset(doubtful), overdue)


def _execution(row: Value) -> StepExecution:
    started, ended = parse_time(row.get("startedAt")), parse_time(row.get("endedAt"))
    return StepExecution(
        id=_id(row),
        instance_id="instance",
        step_id=str(row.get("stepId")),
        step_type=str(row.get("stepType")),
        attempt=attempt_of(row),
        status=ExecutionStatus(str(row.get("status"))),
        started_ns=_ns(started) if started else 0,
        ended_ns=_ns(ended) if ended else None,
        failure_reason=row.get("failureReason"),
    )


def _instance_status(text: str) -> InstanceStatus:
    """A status that only newer engines know counts as live."""
    return InstanceStatus(text) if text in list(InstanceStatus) else InstanceStatus.ACTIVE


def _instance(facts: Facts, executions: tuple[StepExecution, ...]) -> Instance:
    entered: dict[str, int] = {}
    completed: dict[str, int] = {}
    for execution in executions:
        entered[execution.step_id] = max(entered.get(execution.step_id, 0), execution.attempt)
        if execution.status == ExecutionStatus.COMPLETED:
            completed[execution.step_id] = completed.get(execution.step_id, 0) + 1
    definition_id, version = definition_of(facts.instance)
    return Instance(
        id="instance",
        definition_id=definition_id,
        definition_version=version,
        status=_instance_status(facts.status),
        current_step_ids=tuple(facts.current),
        variables=Variables(values=mapping(facts.instance.get("variables"))),
        entered=entered,
        completed=completed,
        started_ns=0,
    )


def _open_jobs(definition: Definition, executions: tuple[StepExecution, ...]) -> Iterator[JobRecord]:
    for execution in executions:
        step = definition.step(execution.step_id)
        if step is None or step.type != "SERVICE_TASK" or execution.status != ExecutionStatus.RUNNING:
            continue
        yield JobRecord(
            id=execution.id,
            instance_id=execution.instance_id,
            execution_id=execution.id,
            step_id=step.id,
            attempt=execution.attempt,
            job_type=step.job_type,
            status=JobStatus.OFFERED,
            retries_remaining=step.retry_count,
            variables=Variables(values={}),
            created_ns=execution.started_ns,
        )


class _Latest:
    """When each step was last entered, and last completed."""

    def __init__(self, facts: Facts) -> None:
        self._entered: dict[str, datetime] = {}
        self._completed: dict[str, datetime] = {}
        for row in facts.executions:
            step_id = str(row.get("stepId"))
            _note(self._entered, step_id, row.get("startedAt"))
            if row.get("status") == "COMPLETED":
                _note(self._completed, step_id, row.get("endedAt"))

    def was_entered(self, step_id: str, since: object) -> bool:
        return _is_since(self._entered.get(step_id), since)

    def was_completed(self, step_id: str, since: object) -> bool:
        return _is_since(self._completed.get(step_id), since)


def _note(latest: dict[str, datetime], step_id: str, text: object) -> None:
    moment = parse_time(text)
    if moment is not None:
        latest[step_id] = max(moment, latest.get(step_id, moment))


def _is_since(moment: datetime | None, since: object) -> bool:
    first = since if isinstance(since, datetime) else parse_time(since)
    return moment is not None and first is not None and moment >= first


def _open_tasks(definition: Definition, facts: Facts, latest: _Latest) -> tuple[list[UserTask], set[str]]:
    """Open user tasks, and the steps of those that may have been completed, which leaves no trace."""
    tasks, doubtful = [], set()
    for row in facts.executions:
        step = definition.step(str(row.get("stepId")))
        if step is None or step.type != "USER_TASK":
            continue
        if row.get("status") == "RUNNING":
            tasks.append(_task(row))
        elif _survived(definition, latest, row):
            tasks.append(_task(row))
            if _may_be_done(step, latest, row):
                doubtful.add(step.id)
    return tasks, doubtful


def _survived(definition: Definition, latest: _Latest, row: Value) -> bool:
    """Whether a timer interrupted it and left the task open, and nobody has completed the step since."""
    if definition.rules.interrupted_tasks_close or row.get("failureReason") != INTERRUPTED:
        return False
    return not latest.was_completed(str(row.get("stepId")), row.get("endedAt"))


def _may_be_done(step: Step, latest: _Latest, row: Value) -> bool:
    """Whether it may have been completed since: in time, and a late timer has overwritten that; or late."""
    targets = {step.next_step, *step.conditional_next_steps.values()} - {""}
    return not targets or any(latest.was_entered(target, row.get("startedAt")) for target in targets)


def _task(row: Value) -> UserTask:
    return UserTask(_id(row), "instance", _id(row), str(row.get("stepId")), attempt_of(row))


@dataclass(frozen=True)
class _Pending:
    timer: PendingTimer
    is_overdue: bool


def _pending_timers(
    definition: Definition, facts: Facts, *, latest: _Latest, now: datetime
) -> Iterator[_Pending]:
    """Timers that have not fired; overdue ones have left no trace though it was their time."""
    for row in facts.executions:
        step = definition.step(str(row.get("stepId")))
        if step is None or step.type not in ("SERVICE_TASK", "USER_TASK", "WAIT"):
            continue
        if definition.rules.timers_end_with_step and row.get("status") != "RUNNING":
            continue
        for number, event in enumerate(step.boundary_events, start=1):
            length_ns = timer_length_ns(event, definition.rules)
            if length_ns is not None:
                timer = _timer(row, event, number, length_ns=length_ns, now=now)
                yield from _unless_fired(latest, row, timer=timer, now=now)


def _timer(row: Value, event: BoundaryEvent, number: int, *, length_ns: int, now: datetime) -> PendingTimer:
    started = parse_time(row.get("startedAt")) or now
    fires_ns = _ns(started) + length_ns
    return PendingTimer(
        id=f"{_id(row)}/{number}",
        instance_id="instance",
        execution_id=_id(row),
        step_id=str(row.get("stepId")),
        attempt=attempt_of(row),
        fires_ns=fires_ns,
        interrupting=event.interrupting,
        target_step_id=event.target_step_id,
        # As if all had begun now: what is left of each is known, and so is their order.
        length_ns=max(fires_ns - _ns(now), 0),
        started=0,
    )


def _unless_fired(latest: _Latest, row: Value, *, timer: PendingTimer, now: datetime) -> Iterator[_Pending]:
    late_s = (_ns(now) - timer.fires_ns) / 1e9
    if late_s <= 0:
        yield _Pending(timer, is_overdue=False)
    elif not _has_fired(latest, row, timer):
        if late_s <= LATENESS_S:
            yield _Pending(timer, is_overdue=False)
        elif row.get("status") == "RUNNING":
            yield _Pending(timer, is_overdue=True)


def _has_fired(latest: _Latest, row: Value, timer: PendingTimer) -> bool:
    """Whether its target was entered when it was due or later, or its own step was interrupted."""
    if row.get("failureReason") == INTERRUPTED:
        return True
    due = datetime.fromtimestamp(timer.fires_ns / 1e9, tz=UTC)
    return latest.was_entered(timer.target_step_id, due)


def _id(row: Value) -> str:
    return f"{row.get('stepId')}#{attempt_of(row)}"


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6) * 1000
