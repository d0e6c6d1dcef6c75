"""What can happen to a world next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import Final

from rochallor_cli.dev_engine.definition.model import Definition, StepType
from rochallor_cli.dev_engine.records import ExecutionStatus, JobRecord
from rochallor_cli.dev_engine.state_machine.events import (
    CompleteJob,
    CompleteUserTask,
    Event,
    FireTimer,
    Signal,
)
from rochallor_cli.dev_engine.state_machine.world import PendingTimer, World

_RUNNING: Final = ExecutionStatus.RUNNING
_WAIT: Final = StepType.WAIT

_complete_job = lru_cache(maxsize=4096)(CompleteJob)


def possible_events(definition: Definition, world: World) -> tuple[Event, ...]:
    """What can happen next and matters, one event a thing, without cancelling and failing for good.

    There is no clock: between two events any time may pass, so any timer may fire but one before which
    another is certainly due. Of an instance that is over nothing matters any more, unless a timer can
    bring it back.
    """
    timers = effective_timers(definition, world)
    is_live = world.instance.status.is_live
    if not is_live and not timers:
        return ()
    events: list[Event] = [_complete_job(job.id) for job in effective_jobs(definition, world)]
    if is_live:
        events += map(CompleteUserTask, dict.fromkeys(task.step_id for task in world.user_tasks))
        events += [
            Signal(step_id) for step_id in world.instance.current_step_ids if _waits(definition, step_id)
        ]
    events += [FireTimer(timer.id) for timer in _first_of(timers)]
    return tuple(events)


def effective_timers(definition: Definition, world: World) -> Sequence[PendingTimer]:
    """Those that do something when they fire, now or once another has."""
    if not world.timers:
        return ()
    is_live = world.instance.status.is_live
    if definition.rules.timers_end_with_step:
        if not is_live:
            return ()
        running = {e.id for e in world.executions if e.status is _RUNNING}
        return [timer for timer in world.timers if timer.execution_id in running]
    if is_live or not all(timer.interrupting for timer in world.timers):
        return world.timers
    return ()


def effective_jobs(definition: Definition, world: World) -> Sequence[JobRecord]:
    """The open jobs whose completion counts."""
    if not definition.rules.strict_leases:
        return world.open_jobs
    running = {e.id for e in world.executions if e.status is _RUNNING}
    return [job for job in world.open_jobs if job.execution_id in running]


def _first_of(timers: Sequence[PendingTimer]) -> Sequence[PendingTimer]:
    """Those before which no other is certainly due, whatever time passed between their starts."""
    if len(timers) < 2:
        return timers
    shortest: dict[int, float] = {}
    for timer in timers:
        shortest[timer.started] = min(timer.length_ns, shortest.get(timer.started, timer.length_ns))
    # Of those that began earlier, and of those that began no later: the shortest.
    earlier: dict[int, float] = {}
    least = inf
    for started in sorted(shortest):
        earlier[started] = least
        least = shortest[started] = min(least, shortest[started])
    return [timer for timer in timers if earlier[timer.started] > timer.length_ns == shortest[timer.started]]


def _waits(definition: Definition, step_id: str) -> bool:
    step = definition.step(step_id)
    return step is not None and step.type == _WAIT
