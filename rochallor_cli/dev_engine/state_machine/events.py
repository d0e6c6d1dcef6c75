"""What can happen to a world, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rochallor_cli.dev_engine.definition.model import Definition, StepType
from rochallor_cli.dev_engine.errors import not_found
from rochallor_cli.dev_engine.records import NO_VARIABLES, ExecutionStatus, Job, Timer, Variables
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.advance import Outcome
from rochallor_cli.dev_engine.state_machine.event_inputs import Choose, EventInputs, first_written
from rochallor_cli.dev_engine.state_machine.world import INSTANCE_ID, World, world_after

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompleteJob:
    job_id: str
    changes: Variables = NO_VARIABLES


@dataclass(frozen=True, slots=True)
class FailJob:
    job_id: str
    message: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class CompleteUserTask:
    step_id: str
    changes: Variables = NO_VARIABLES


@dataclass(frozen=True, slots=True)
class Signal:
    step_id: str
    changes: Variables = NO_VARIABLES


@dataclass(frozen=True, slots=True)
class FireTimer:
    timer_id: str


@dataclass(frozen=True, slots=True)
class CancelInstance:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RetryStep:
    """A failed step of a failed instance is run again, by the engines that can."""

    step_id: str
    changes: Variables = NO_VARIABLES


Event = CompleteJob | FailJob | CompleteUserTask | Signal | FireTimer | CancelInstance | RetryStep


def possible_events(definition: Definition, world: World) -> tuple[Event, ...]:
    """What can happen next, one event a kind and thing, without cancelling and failing for good.

    Timers may fire in the order of their times only; those of one moment in any order.
    """
    events: list[Event] = [CompleteJob(job.id) for job in world.open_jobs]
    if world.instance.status.is_live:
        events += [
            CompleteUserTask(step_id) for step_id in dict.fromkeys(t.step_id for t in world.user_tasks)
        ]
        events += [
            Signal(step_id) for step_id in world.instance.current_step_ids if _is_wait(definition, step_id)
        ]
    first_ns = min((timer.fires_ns for timer in world.timers), default=None)
    events += [FireTimer(timer.id) for timer in world.timers if timer.fires_ns == first_ns]
    return tuple(events)


def _is_wait(definition: Definition, step_id: str) -> bool:
    step = definition.step(step_id)
    return step is not None and step.type == StepType.WAIT


# --- making them happen -------------------------------------------------------------------------


def started(
    definition: Definition,
    variables: Mapping[str, object] | None = None,
    *,
    choose: Choose = first_written,
    strict: bool = False,
) -> World:
    """The world after a start. Raises Refused as the engine would."""
    instance = transitions.new_instance(
        definition,
        1,
        instance_id=INSTANCE_ID,
        variables=Variables(values=variables or {}),
        business_key=None,
        now_ns=0,
    )
    outcome = transitions.start(definition, instance, EventInputs(0, choose, strict))
    return world_after(World(instance), outcome)


def apply(
    definition: Definition,
    world: World,
    event: Event,
    *,
    choose: Choose = first_written,
    strict: bool = False,
) -> World:
    """The world after an event. Raises Refused where the engine refuses; the world stays as it was."""
    if isinstance(event, FireTimer):
        timer = _find(world.timers, event.timer_id)
        world = replace(world, now_ns=max(world.now_ns, timer.fires_ns))
    inputs = EventInputs(world.now_ns, choose, strict)
    return world_after(world, _OUTCOMES[type(event)](definition, world, event, inputs))


def every_start(
    definition: Definition, variables: Mapping[str, object] | None = None, *, strict: bool = False
) -> Iterator[World]:
    """The worlds that a start can lead to, for every order of what has none; some may be equal."""
    yield from _every(lambda choose: started(definition, variables, choose=choose, strict=strict))


def every_outcome(
    definition: Definition, world: World, event: Event, *, strict: bool = False
) -> Iterator[World]:
    """The worlds that an event can lead to, for every order of what has none; some may be equal.

    Raises Refused when the engine refuses in one of the orders.
    """
    yield from _every(lambda choose: apply(definition, world, event, choose=choose, strict=strict))


def _every(make: Callable[[Choose], World]) -> Iterator[World]:
    script: list[int] | None = []
    while script is not None:
        chooser = _Scripted(script)
        yield make(chooser)
        script = chooser.next_script()


class _Scripted:
    """Chooses by a list of positions, then always the first, and knows which list comes next."""

    def __init__(self, script: Sequence[int]) -> None:
        self._script = script
        self._taken: list[tuple[int, int]] = []

    def __call__(self, options: Sequence[T], /) -> T:
        number = len(self._taken)
        position = self._script[number] if number < len(self._script) else 0
        self._taken.append((position, len(options)))
        return options[position]

    def next_script(self) -> list[int] | None:
        """The same choices with the last one that has further options moved on; None at the end."""
        taken = list(self._taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return None
        return [position for position, _ in taken[:-1]] + [taken[-1][0] + 1]


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
    found = next((thing for thing in things if thing.id == id_), None)
    if found is None:
        raise not_found(f'"{id_}" not found')
    return found


def _status(world: World, thing: Job | Timer) -> ExecutionStatus:
    return next(e.status for e in world.executions if e.id == thing.execution_id)
