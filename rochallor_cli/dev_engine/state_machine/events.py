"""What happens to a world, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.errors import Refused, not_found
from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import NO_VARIABLES, ExecutionStatus, JobRecord, Timer, Variables
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.advance import Outcome
from rochallor_cli.dev_engine.state_machine.choices import ChoiceTaken, Choose, first_written
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, Conditions
from rochallor_cli.dev_engine.state_machine.effects import ExecutionPassed, ExecutionStarted, FaultMet
from rochallor_cli.dev_engine.state_machine.event_inputs import DEFAULT_STEP_BUDGET, EventInputs
from rochallor_cli.dev_engine.state_machine.world import INSTANCE_ID, World, world_after


@quick_dataclass(frozen=True, slots=True)
class CompleteJob:
    job_id: str
    changes: Variables = NO_VARIABLES


@quick_dataclass(frozen=True, slots=True)
class FailJob:
    job_id: str
    message: str = ""
    retryable: bool = False


@quick_dataclass(frozen=True, slots=True)
class CompleteUserTask:
    step_id: str
    changes: Variables = NO_VARIABLES


@quick_dataclass(frozen=True, slots=True)
class Signal:
    step_id: str
    changes: Variables = NO_VARIABLES


@quick_dataclass(frozen=True, slots=True)
class FireTimer:
    timer_id: str


@quick_dataclass(frozen=True, slots=True)
class CancelInstance:
    reason: str = ""


@quick_dataclass(frozen=True, slots=True)
class RetryStep:
    """A failed step of a failed instance is run again, by the engines that can."""

    step_id: str
    changes: Variables = NO_VARIABLES


Event = CompleteJob | FailJob | CompleteUserTask | Signal | FireTimer | CancelInstance | RetryStep


@quick_dataclass(frozen=True, slots=True)
class Entry:
    """A step that was entered. RUNNING: the instance rests there."""

    step_id: str
    step_type: str
    attempt: int
    status: ExecutionStatus


_RUNNING: Final = ExecutionStatus.RUNNING
# Searches meet the same few again and again: shared, they cost neither time nor memory.
_entry = lru_cache(maxsize=4096)(Entry)


@quick_dataclass(frozen=True, slots=True)
class Reaction:
    """What an event led to: the world after it, and what was met on the way, in order.

    refusal: set by searches where the engine refuses; the world is then as it was.
    """

    world: World
    faults: tuple[FaultMet, ...] = ()
    entries: tuple[Entry, ...] = ()
    choices: tuple[ChoiceTaken, ...] = ()
    refusal: Refused | None = None


def started(
    definition: Definition,
    variables: Mapping[str, object] | None = None,
    *,
    choose: Choose = first_written,
    strict: bool = False,
    step_budget: int = DEFAULT_STEP_BUDGET,
    conditions: Conditions = EVALUATED,
) -> Reaction:
    """What a start leads to. Raises Refused as the engine would, and whatever `choose` raises."""
    inputs = EventInputs(0, choose, strict, step_budget, conditions)
    return started_with(definition, Variables(values=variables or {}), inputs)


def apply(
    definition: Definition,
    world: World,
    event: Event,
    *,
    choose: Choose = first_written,
    strict: bool = False,
    step_budget: int = DEFAULT_STEP_BUDGET,
    conditions: Conditions = EVALUATED,
) -> Reaction:
    """What an event leads to. Raises Refused where the engine refuses, and whatever `choose` raises."""
    inputs = EventInputs(world.now_ns, choose, strict, step_budget, conditions)
    return applied_with(definition, world, event, inputs)


def started_with(definition: Definition, variables: Variables, inputs: EventInputs) -> Reaction:
    instance = transitions.new_instance(
        definition, 1, instance_id=INSTANCE_ID, variables=variables, business_key=None, now_ns=0
    )
    return _reaction(World(instance), transitions.start(definition, instance, inputs), inputs.now_ns)


def applied_with(definition: Definition, world: World, event: Event, inputs: EventInputs) -> Reaction:
    if isinstance(event, FireTimer):
        timer = _find(world.timers, event.timer_id)
        inputs = replace(inputs, now_ns=max(world.now_ns, timer.fires_ns))
    return _reaction(world, _OUTCOMES[type(event)](definition, world, event, inputs), inputs.now_ns)


def _reaction(world: World, outcome: Outcome, now_ns: int) -> Reaction:
    faults: list[FaultMet] = []
    entries: list[Entry] = []
    for effect in outcome.effects:
        if isinstance(effect, ExecutionStarted):
            entries.append(_entry(effect.step_id, effect.step_type, effect.attempt, _RUNNING))
        elif isinstance(effect, ExecutionPassed):
            entries.append(_entry(effect.step_id, effect.step_type, effect.attempt, effect.status))
        elif isinstance(effect, FaultMet):
            faults.append(effect)
    after = world_after(world, outcome, now_ns=now_ns)
    return Reaction(after, tuple(faults), tuple(entries), outcome.choices)


def _complete_job(definition: Definition, world: World, event: CompleteJob, at: EventInputs) -> Outcome:
    job = _find(world.jobs, event.job_id)
    return transitions.complete_job(
        definition,
        world.instance,
        job,
        step_status=_status(world, job),
        changes=event.changes.values,
        inputs=at,
    )


def _fail_job(definition: Definition, world: World, event: FailJob, at: EventInputs) -> Outcome:
    job = _find(world.jobs, event.job_id)
    return transitions.fail_job(
        definition,
        world.instance,
        job,
        step_status=_status(world, job),
        message=event.message,
        retryable=event.retryable,
        inputs=at,
    )


def _complete_user_task(
    definition: Definition, world: World, event: CompleteUserTask, at: EventInputs
) -> Outcome:
    step = transitions.find_user_task_step(definition, world.instance, event.step_id)
    if not any(task.step_id == step.id for task in world.user_tasks):
        raise not_found("user task not found")
    return transitions.complete_user_task(
        definition,
        world.instance,
        step,
        running=world.running(step.id),
        changes=event.changes.values,
        inputs=at,
    )


def _signal(definition: Definition, world: World, event: Signal, at: EventInputs) -> Outcome:
    return transitions.signal(
        definition,
        world.instance,
        event.step_id,
        running=world.running(event.step_id),
        changes=event.changes.values,
        inputs=at,
    )


def _fire_timer(definition: Definition, world: World, event: FireTimer, at: EventInputs) -> Outcome:
    timer = _find(world.timers, event.timer_id)
    status = _status(world, timer)
    return transitions.fire_timer(definition, world.instance, timer, step_status=status, inputs=at)


def _cancel(definition: Definition, world: World, event: CancelInstance, at: EventInputs) -> Outcome:
    return transitions.cancel(definition, world.instance, event.reason, inputs=at)


def _retry(definition: Definition, world: World, event: RetryStep, at: EventInputs) -> Outcome:
    attempts = [execution for execution in world.executions if execution.step_id == event.step_id]
    latest = max(attempts, key=lambda execution: execution.attempt, default=None)
    return transitions.retry(
        definition,
        world.instance,
        event.step_id,
        latest=latest.status if latest else None,
        changes=event.changes.values,
        inputs=at,
    )


_OUTCOMES: dict[type[Event], Callable[[Definition, World, Any, EventInputs], Outcome]] = {
    CompleteJob: _complete_job,
    FailJob: _fail_job,
    CompleteUserTask: _complete_user_task,
    Signal: _signal,
    FireTimer: _fire_timer,
    CancelInstance: _cancel,
    RetryStep: _retry,
}


def _find(things: tuple[Any, ...], id_: str) -> Any:
    for thing in things:
        if thing.id == id_:
            return thing
    raise not_found(f'"{id_}" not found')


def _status(world: World, thing: JobRecord | Timer) -> ExecutionStatus:
    for execution in world.executions:
        if execution.id == thing.execution_id:
            return execution.status
    raise AssertionError("what hangs on an execution goes with it")
