"""Why nothing moves an instance, or why what moves it leads nowhere: each cause with its code and how it came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    CompleteUserTask,
    Definition,
    ExecutionStatus,
    FireTimer,
    PendingTimer,
    Signal,
    Step,
    codes,
    miscount_code,
)
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.reachability import Move
from rochallor_cli.explanation.world_from_facts import RebuiltWorld


@dataclass(frozen=True)
class Cause:
    """One reason: where, its code in the table of problems ("" for none), a sentence, and the rows that tell how."""

    step: str
    code: str
    text: str
    rows: tuple[Value, ...] = ()


def causes(
    definition: Definition, facts: Facts, *, built: RebuiltWorld, possible: Sequence[Move]
) -> list[Cause]:
    """What is wrong with a live instance; never nothing where nothing moves it."""
    found = list(_causes(definition, facts, built=built, possible=possible))
    if not found and not any(move.can_happen for move in possible):
        found = list(_of_ended_branches(definition, facts))
    return found or _of_nothing(facts, possible)


def _of_nothing(facts: Facts, possible: Sequence[Move]) -> list[Cause]:
    if any(move.can_happen for move in possible):
        return []
    last = facts.executions[-1:]
    where = ", ".join(facts.current) or "no step"
    return [Cause(where, "", f"it stands at {where}, and nothing is open there", tuple(last))]


def _of_ended_branches(definition: Definition, facts: Facts) -> Iterator[Cause]:
    """Tasks at which a branch has ended, for they lead nowhere."""
    for row in facts.executions:
        step = definition.step(str(row.get("stepId")))
        if (
            step is not None
            and step.type == "USER_TASK"
            and not step.next_step
            and not step.conditional_next_steps
        ):
            text = f'"{step.id}" is done and its branch ends there: neither nextStep nor conditionalNextSteps'
            yield Cause(step.id, codes.NO_WAY_ON, text, (row,))


def _causes(
    definition: Definition, facts: Facts, *, built: RebuiltWorld, possible: Sequence[Move]
) -> Iterator[Cause]:
    for step_id in facts.current:
        step = definition.step(step_id)
        rows = [row for row in facts.executions if row.get("stepId") == step_id]
        if step is not None and rows and not any(row.get("status") == "RUNNING" for row in rows):
            yield from _of_dead_place(definition, facts, step=step, rows=rows)
    # Of a loop there may be thousands that are alike.
    yield from dict.fromkeys(_of_moves(built, possible))


def _of_dead_place(definition: Definition, facts: Facts, *, step: Step, rows: list[Value]) -> Iterator[Cause]:
    """A step among the current ones at which nothing is open."""
    if step.type == "JOIN_GATEWAY":
        gateway = definition.gateway_of(step.id)
        branches = gateway.parallel_next_steps if gateway is not None else ()
        done = {row.get("stepId") for row in facts.executions if row.get("status") == "COMPLETED"}
        counted = len({branch for branch in branches if branch in done})
        if _awaits_branches(facts, branches):
            return
        text = (
            f'the join "{step.id}" was reached {_times(len(rows))} and waits for {len(branches)} branches; '
            f"of their first steps {counted} {'has' if counted == 1 else 'have'} been completed, "
            "and nothing open leads to it"
        )
        told = [row for row in facts.executions if row.get("stepId") in {step.id, *branches}]
        code = (
            miscount_code(definition, gateway, passes=False)
            if gateway is not None
            else codes.JOIN_WITHOUT_GATEWAY
        )
        yield Cause(step.id, code, text, tuple(told))
    elif step.type == "SERVICE_TASK" and not step.next_step and not step.conditional_next_steps:
        text = f'"{step.id}" is done and has no way on: neither nextStep nor conditionalNextSteps'
        yield Cause(step.id, codes.NO_WAY_ON, text, tuple(rows[-1:]))


def _awaits_branches(facts: Facts, branches: Sequence[str]) -> bool:
    """Whether anything is still under way that may arrive at a join."""
    return any(row.get("status") == "RUNNING" for row in facts.executions)


def _times(number: int) -> str:
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"


def _of_moves(built: RebuiltWorld, possible: Sequence[Move]) -> Iterator[Cause]:
    """What of all that can happen would be refused, and what the faults of older engines have left open."""
    running = {(e.step_id, e.attempt) for e in built.world.executions if e.status == ExecutionStatus.RUNNING}
    running_steps = {step_id for step_id, _ in running}
    jobs = {job.id: job for job in built.world.jobs}
    timers = {timer.id: timer for timer in built.world.timers}
    for move in possible:
        event = move.event
        if isinstance(event, FireTimer):
            timer = timers[event.timer_id]
            yield from _of_timer(move, timer, is_late=(timer.step_id, timer.attempt) not in running)
            continue
        assert isinstance(event, CompleteJob | CompleteUserTask | Signal), "these are all that moves has"
        step = jobs[event.job_id].step_id if isinstance(event, CompleteJob) else event.step_id
        yield from _of_refusals(move, step)
        if isinstance(event, CompleteUserTask) and step not in running_steps:
            still = "may still be" if step in built.doubtful_tasks else "is still"
            text = (
                f'a timer interrupted "{step}", and its user task {still} open: done late, it goes on as well'
            )
            yield Cause(step, codes.TASK_SURVIVES_TIMER, text)
    for timer in built.world.timers:
        if timer.id in built.overdue:
            yield Cause(
                timer.step_id,
                codes.TIMER_CANNOT_FIRE,
                f'a timer of "{timer.step_id}" was due and has not fired',
            )


def _of_timer(move: Move, timer: PendingTimer, *, is_late: bool) -> Iterator[Cause]:
    step = timer.step_id
    for _, reason in move.refusals:
        yield Cause(step, codes.TIMER_CANNOT_FIRE, f'the timer of "{step}" cannot fire: {reason}')
    if is_late:
        text = f'"{step}" is over and its timer still fires: "{timer.target_step_id}" is started then'
        yield Cause(step, codes.TIMER_OUTLIVES_STEP, text)


def _of_refusals(move: Move, step: str) -> Iterator[Cause]:
    how = "every completion" if move.answers_500 == "always" else "some completions"
    for code, reason in move.refusals:
        text = f'{how} of "{step}" would be answered with 500 and undone: {reason}'
        yield Cause(step, code, text)
