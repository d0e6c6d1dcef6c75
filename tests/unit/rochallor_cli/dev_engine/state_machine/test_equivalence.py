"""Worlds of one essence behave alike: whatever happens to both has the same consequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from random import Random

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS
from rochallor_cli.dev_engine.definition.model import StepType
from rochallor_cli.dev_engine.explore import (
    EVALUATED,
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    Conditions,
    Definition,
    Event,
    FailJob,
    FireTimer,
    FreeConditions,
    Refused,
    Signal,
    World,
    definition_from_document,
    engine_rules,
    essence,
    every_outcome,
    every_start,
    possible_events,
    without_past,
)
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.possible_events import effective_jobs
from support.random_workflows import random_document

FREE = FreeConditions(may_fail=True)


def numbered(definition: Definition, world: World) -> Iterator[tuple[Hashable, Event]]:
    """Everything worth trying on a world, each with a name that worlds of one essence share."""
    for event in possible_events(definition, world):
        if isinstance(event, (CompleteUserTask, Signal)):
            yield event, type(event)(event.step_id, Variables(values={"n": 2}))
    numbers: Counter[str] = Counter()
    for execution in world.executions:
        held = [job for job in effective_jobs(definition, world) if job.execution_id == execution.id]
        numbers[execution.step_id] += bool(held)
        for job in held:
            name = (execution.step_id, numbers[execution.step_id])
            yield ("complete", *name), CompleteJob(job.id, Variables(values={"n": 1}))
            yield ("again", *name), FailJob(job.id, "no", retryable=True)
            yield ("fail", *name), FailJob(job.id, "no", retryable=False)
    yield "cancel", CancelInstance("stop")
    parking = [step for step in definition.steps if step.type in (StepType.USER_TASK, StepType.WAIT)]
    for step in parking:
        yield ("task", step.id), CompleteUserTask(step.id)
        yield ("signal", step.id), Signal(step.id)


def timers(definition: Definition, world: World) -> list[FireTimer]:
    return [event for event in possible_events(definition, world) if isinstance(event, FireTimer)]


def consequences(
    definition: Definition, world: World, event: Event, conditions: Conditions
) -> frozenset[Hashable]:
    """All that an event can lead to, as far as worlds of one essence have it in common."""
    return frozenset(
        (
            essence(definition, way.world),
            tuple((fault.code, fault.step_id) for fault in way.faults),
            tuple((entry.step_id, entry.status) for entry in way.entries),
            way.choices,
            way.refusal and (way.refusal.status, way.refusal.reason),
        )
        for way in every_outcome(definition, world, event, conditions=conditions, step_budget=200)
    )


def behaviour(definition: Definition, world: World, conditions: Conditions) -> Hashable:
    named = {
        name: consequences(definition, world, event, conditions)
        for name, event in numbered(definition, world)
    }
    fired = Counter(consequences(definition, world, event, conditions) for event in timers(definition, world))
    return frozenset(named.items()), frozenset(fired.items())


def walked(definition: Definition, random: Random, conditions: Conditions) -> Iterator[World]:
    """The worlds of some random walks, failures and retries among what happens."""
    try:
        ways = list(every_start(definition, {"n": 0}, conditions=conditions, step_budget=200))
    except Refused:
        ways = []
    for _ in range(15 if ways else 0):
        world = random.choice(ways).world
        for _ in range(random.randint(2, 14)):
            yield world
            events: list[Event] = list(possible_events(definition, world))
            if not events:
                break
            event = random.choice(events)
            if isinstance(event, CompleteJob) and random.random() < 0.1:
                event = FailJob(event.job_id, "no", retryable=random.random() < 0.8)
            after = [
                way
                for way in every_outcome(definition, world, event, conditions=conditions, step_budget=200)
                if way.refusal is None
            ]
            if after:
                world = random.choice(after).world


@pytest.mark.parametrize("conditions", [EVALUATED, FREE], ids=["evaluated", "free"])
@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_what_happens_to_two_worlds_of_one_essence_has_the_same_consequences(
    version: str, conditions: Conditions
) -> None:
    compared = 0
    for seed in range(40):
        random = Random(f"{version} {seed}")
        definition = definition_from_document(random_document(random), engine_rules(version))
        alike: dict[Hashable, list[World]] = {}
        for world in walked(definition, random, conditions):
            alike.setdefault(essence(definition, world), []).append(world)
        for worlds in alike.values():
            different = list(dict.fromkeys(worlds))[:3]
            if not possible_events(definition, different[0]):
                continue
            found = {behaviour(definition, world, conditions) for world in different}
            assert len(found) == 1, (seed, definition, different)
            compared += len(different) - 1
    assert compared > 5


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_a_world_without_its_past_goes_on_as_before(version: str) -> None:
    smaller = 0
    for seed in range(12):
        random = Random(f"{version} {seed}")
        definition = definition_from_document(random_document(random), engine_rules(version))
        for world in dict.fromkeys(walked(definition, random, FREE)):
            kept = without_past(world)
            smaller += len(kept.executions) < len(world.executions)
            assert essence(definition, kept) == essence(definition, world)
            assert behaviour(definition, kept, FREE) == behaviour(definition, world, FREE)
    assert smaller > 20
