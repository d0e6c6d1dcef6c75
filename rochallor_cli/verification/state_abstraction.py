"""What a search forgets where it would go on growing for ever; each time it is printed as assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rochallor_cli.dev_engine.explore import Entry, ExecutionStatus, StepExecution, Variables, World

# How often a step is followed while it is open: where joins count wrongly, a loop opens it again and again.
_MOST_OPEN = 3
# After so many entries a variable that a loop changes counts as unknown.
_ROUNDS_KNOWN = 3


def without_changing(
    world: World, entries: Sequence[Entry], sets: Mapping[str, Sequence[str]]
) -> tuple[World, set[str]]:
    """The world without the variables that a loop goes on changing, and their names. sets: by step."""
    variables = world.instance.variables.values
    if not variables:
        return world, set()
    changing = {
        name
        for entry in entries
        if entry.attempt > _ROUNDS_KNOWN
        for name in sets.get(entry.step_id, ())
        if name in variables
    }
    if not changing:
        return world, changing
    kept = {name: value for name, value in variables.items() if name not in changing}
    return replace(world, instance=replace(world.instance, variables=Variables(values=kept))), changing


def without_crowd(world: World, entries: Sequence[Entry]) -> tuple[World, set[str]]:
    """The world with the steps just entered open three times at most, and those that were open more often."""
    crowded: dict[str, list[StepExecution]] = {}
    for step_id in {entry.step_id for entry in entries if entry.attempt > _MOST_OPEN}:
        running = ExecutionStatus.RUNNING
        opened = [each for each in world.executions if each.step_id == step_id and each.status is running]
        if len(opened) > _MOST_OPEN:
            crowded[step_id] = opened[_MOST_OPEN:]
    if not crowded:
        return world, set()
    dropped = {execution.id for opened in crowded.values() for execution in opened}
    return (
        replace(
            world,
            executions=tuple([each for each in world.executions if each.id not in dropped]),
            jobs=tuple([job for job in world.jobs if job.execution_id not in dropped]),
            user_tasks=tuple([task for task in world.user_tasks if task.execution_id not in dropped]),
            timers=tuple([timer for timer in world.timers if timer.execution_id not in dropped]),
        ),
        set(crowded),
    )
