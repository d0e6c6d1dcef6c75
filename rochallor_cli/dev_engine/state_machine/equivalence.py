"""What of a world decides how it goes on: worlds of one essence behave alike."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.records import ExecutionStatus, StepExecution
from rochallor_cli.dev_engine.state_machine.possible_events import effective_jobs, effective_timers
from rochallor_cli.dev_engine.state_machine.world import PendingTimer, World

_NO_JOB = -1
_RUNNING: Final = ExecutionStatus.RUNNING
_NONE: Mapping[str, int] = {}


def essence(definition: Definition, world: World) -> Hashable:
    """Equal for two worlds in which the same can happen with the same consequences, by the number of a thing.

    What is left out is the past: ended executions that nothing hangs on, how often a step was entered, times,
    faults met. The third open job of a step in one world is the third of that step in the other. An instance
    that is over has no more than its status, unless a timer can bring it back.
    """
    instance = world.instance
    timers = effective_timers(definition, world)
    if not instance.status.is_live and not timers:
        return instance.status
    # How often a job may still fail, by its execution: its retries, as far as they are above nothing.
    retries = {job.execution_id: max(0, job.retries_remaining) for job in effective_jobs(definition, world)}
    held = {timer.execution_id for timer in timers}.union(retries) if timers else retries
    kept, resting = _kept_and_resting(world, held)
    numbers = _numbers(kept)
    if numbers or timers:
        places = [
            _open_place(e.step_id, numbers.get(e.id, 1), e.status, retries.get(e.id, _NO_JOB)) for e in kept
        ]
    else:
        places = [_open_place(e.step_id, 1, e.status, retries[e.id]) for e in kept]
    return (
        instance.status,
        _in_no_order(instance.current_step_ids),
        instance.variables,
        _in_no_order(places),
        _in_no_order(resting) if resting else (),
        _in_no_order({task.step_id for task in world.user_tasks}) if world.user_tasks else (),
        _in_order(timers, numbers) if timers else (),
        _joins(definition, world, kept, retries, timers) if definition.gateways else (),
    )


def _kept_and_resting(world: World, held: Collection[str]) -> tuple[list[StepExecution], set[str]]:
    """The executions that something hangs on, and the steps that are open without: those are done at once."""
    kept: list[StepExecution] = []
    resting: set[str] = set()
    for execution in world.executions:
        if execution.id in held:
            kept.append(execution)
        elif execution.status is _RUNNING:
            resting.add(execution.step_id)
    return kept, resting


def _in_no_order(things: Collection[Any]) -> tuple[Any, ...]:
    """Different things as one value, in whatever order they come: a fifth of the memory of a set."""
    return tuple(sorted(things)) if len(things) > 1 else tuple(things)


# Most situations of a search are made of the same few.
@lru_cache(maxsize=4096)
def _open_place(
    step_id: str, number: int, status: ExecutionStatus, retries: int
) -> tuple[str, int, ExecutionStatus, int]:
    return (step_id, number, status, retries)


def _numbers(executions: Sequence[StepExecution]) -> Mapping[str, int]:
    """Which of the kept executions of its step each is, from 1; empty where each is the only one."""
    if len({execution.step_id for execution in executions}) == len(executions):
        return _NONE
    counts: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for execution in executions:
        numbers[execution.id] = counts[execution.step_id] = counts.get(execution.step_id, 0) + 1
    return numbers


def _in_order(timers: Sequence[PendingTimer], numbers: Mapping[str, int]) -> Hashable:
    """Timers as they began, those of one event together, each with its full length."""
    return tuple(
        frozenset(
            (timer.step_id, numbers.get(timer.execution_id, 1), timer.id.rpartition("/")[2], timer.length_ns)
            for timer in together
        )
        for _, together in groupby(timers, key=attrgetter("started"))
    )


def _joins(
    definition: Definition,
    world: World,
    kept: Sequence[StepExecution],
    jobs: Collection[str],
    timers: Sequence[PendingTimer],
) -> Hashable:
    """What joins count: arrivals of the round, and first steps of branches that are completed.

    Whether a first step was completed is all that counts, and in how many ways it can be taken back: an
    interrupting timer of version 0 and a job that is offered again turn a completed execution into a failed one.
    """
    entered, completed = world.instance.entered, world.instance.completed
    found = []
    for join_id, gateway in definition.gateways.items():
        branches = gateway.parallel_next_steps
        found.append(entered.get(join_id, 0) % len(branches))
        counts = [completed.get(step_id, 0) for step_id in branches]
        if max(counts, default=0) > 1:
            counts = [
                min(count, 1 + _pinned(step_id, kept, jobs, timers)) if count > 1 else count
                for step_id, count in zip(branches, counts, strict=True)
            ]
        found += counts
    return tuple(found)


def _pinned(
    step_id: str, kept: Sequence[StepExecution], jobs: Collection[str], timers: Sequence[PendingTimer]
) -> int:
    """How many completed executions of a step may still be taken back."""
    interrupted = {timer.execution_id for timer in timers if timer.interrupting}
    return sum(
        1
        for execution in kept
        if execution.step_id == step_id
        and execution.status == ExecutionStatus.COMPLETED
        and (execution.id in interrupted or execution.id in jobs)
    )
