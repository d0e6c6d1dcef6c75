"""What each type of step does when an instance enters it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.definition.join_miscounts import miscount_code
from rochallor_cli.dev_engine.definition.model import Step, StepType
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.records import ExecutionStatus, Variables
from rochallor_cli.dev_engine.state_machine.advance import Advance
from rochallor_cli.dev_engine.state_machine.conditions import Branch, StepFailed
from rochallor_cli.dev_engine.state_machine.decision_tables import DecisionCell, decided
from rochallor_cli.dev_engine.state_machine.effects import (
    ExecutionPassed,
    ExecutionStarted,
    JobOffered,
    NextWorkflowDue,
    RunningFailed,
    TimerStarted,
    UserTaskOpened,
)

# The year 2262, the last moment that the file can hold.
_LAST_NS = 2**63 - 1

_COMPLETED: Final = ExecutionStatus.COMPLETED


def advance_from(advance: Advance, *step_ids: str) -> None:
    """Enter these steps and all that follows from them, up to where the instance rests.

    A branch that fails or ends the instance does not keep the branches after it from being entered.
    """
    advance.go_to(*step_ids)
    for step in advance.next_steps():
        _ENTER[step.type](advance, step)


def leave_resting(advance: Advance, step: Step) -> None:
    """Go on from a task or wait that was completed: by its branches, else by its nextStep."""
    if not step.conditional_next_steps and not step.next_step:
        _end_of_the_road(advance, step)
        return
    advance.leave(step.id)
    if not step.conditional_next_steps:
        advance_from(advance, step.next_step)
        return
    try:
        target = _take_branch(advance, step)
    except StepFailed as failed:
        # This execution is done; others of the step, open beside it, fail with the instance.
        advance.effects.append(RunningFailed(step.id, str(failed)))
        advance.fail(str(failed))
    else:
        advance_from(advance, target)


def _take_branch(advance: Advance, step: Step) -> str:
    """The step that a condition leads to. Raises StepFailed."""
    inputs = advance.inputs
    possible = inputs.conditions.branches(step, advance.variables, inputs.now, advance.definition.rules)
    taken = possible[0] if len(possible) == 1 else advance.chooser(step, _condition)(possible)
    if taken.failure:
        raise StepFailed(taken.failure)
    other = next((branch for branch in possible if branch.target != taken.target), None)
    if other is not None and inputs.conditions.are_evaluated:
        text = (
            f'step "{step.id}" took the branch "{taken.condition}", and could as well have tried '
            f'"{other.condition}" first: their order is random'
        )
        advance.meet_fault(codes.AMBIGUOUS_BRANCHES, step_id=step.id, text=text)
    return taken.target


def _condition(branch: Branch) -> str:
    return branch.condition or branch.failure


def _end_of_the_road(advance: Advance, step: Step) -> None:
    """Neither branches nor nextStep: a user task's branch ends, a service task stays where it is."""
    if step.type == StepType.SERVICE_TASK:
        text = f'step "{step.id}" has no way on: its job is done, the instance stays on it for ever'
        advance.meet_fault(codes.NO_WAY_ON, step_id=step.id, text=text)
    else:
        advance.leave(step.id)


# --- steps at which the instance rests ----------------------------------------------------------


def _enter_service_task(advance: Advance, step: Step) -> None:
    attempt = _rest(advance, step)
    advance.effects.append(JobOffered(step.id, attempt, step.job_type, step.retry_count, advance.variables))


def _enter_user_task(advance: Advance, step: Step) -> None:
    attempt = _rest(advance, step)
    advance.effects.append(UserTaskOpened(step.id, attempt))
    advance.park()


def _enter_wait(advance: Advance, step: Step) -> None:
    _rest(advance, step)
    advance.park()


def _rest(advance: Advance, step: Step) -> int:
    attempt = advance.count_entry(step)
    advance.arrive(step.id)
    advance.effects.append(ExecutionStarted(step.id, step.type, attempt))
    for event in step.boundary_events:
        try:
            fires_ns = advance.now_ns + duration_ns(event.duration, advance.definition.rules)
        except DurationError as error:
            reason = f'boundary event duration "{event.duration}": {error}'
            raise WorkflowStuck(reason, problem=codes.DURATION_UNREADABLE) from None
        due_ns = min(fires_ns, _LAST_NS)
        timer = TimerStarted(step.id, attempt, due_ns, event.interrupting, event.target_step_id)
        advance.effects.append(timer)
    return attempt


# --- steps that are passed at once --------------------------------------------------------------


def _pass(advance: Advance, step: Step) -> int:
    attempt = advance.count_entry(step)
    advance.count_completed(step.id)
    passed = ExecutionPassed(step.id, step.type, attempt, _COMPLETED)
    advance.effects.append(passed)
    return attempt


def _break(advance: Advance, step: Step, reason: str) -> None:
    """The step fails, and the instance with it, which stays on it."""
    advance.arrive(step.id)
    attempt = advance.count_entry(step)
    failed = ExecutionPassed(step.id, step.type, attempt, ExecutionStatus.FAILED, reason)
    advance.effects.append(failed)
    advance.fail(reason)


def _enter_decision(advance: Advance, step: Step) -> None:
    try:
        target = _take_branch(advance, step)
    except StepFailed as failed:
        _break(advance, step, str(failed))
    else:
        _pass(advance, step)
        # One that failed and is tried again was still among the current steps.
        advance.leave(step.id)
        advance.go_to(target)


def _enter_transformation(advance: Advance, step: Step) -> None:
    inputs, rules = advance.inputs, advance.definition.rules
    choose = advance.chooser(step)
    try:
        advance.variables = inputs.conditions.transformed(
            step, advance.variables, inputs.now, rules, choose=choose
        )
    except StepFailed as failed:
        _break(advance, step, str(failed))
    else:
        _pass(advance, step)
        advance.leave(step.id)
        advance.go_to(step.next_step)


def _enter_decision_table(advance: Advance, step: Step) -> None:
    try:
        variables = _decided(advance, step)
    except StepFailed as failed:
        _break(advance, step, str(failed))
    else:
        advance.variables = variables
        _pass(advance, step)
        advance.leave(step.id)
        advance.go_to(step.next_step)


def _decided(advance: Advance, step: Step) -> Variables:
    """The variables after a table. Raises StepFailed."""
    if not advance.inputs.conditions.are_evaluated:
        _take_branch(advance, step)
        return advance.variables
    inputs = replace(advance.inputs, choose=advance.chooser(step, _what_fails))
    return decided(step, advance.variables, inputs, advance.definition.rules)


def _what_fails(option: DecisionCell | str) -> str:
    return option.source if isinstance(option, DecisionCell) else option


def _enter_gateway(advance: Advance, step: Step) -> None:
    _pass(advance, step)
    advance.go_to(*step.parallel_next_steps)


def _enter_join(advance: Advance, step: Step) -> None:
    gateway = advance.definition.gateway_of(step.id)
    if gateway is None:
        reason = f'join step "{step.id}": no matching PARALLEL_GATEWAY found'
        raise WorkflowStuck(reason, problem=codes.JOIN_WITHOUT_GATEWAY)
    arrivals = _pass(advance, step)
    advance.arrive(step.id)
    passes = _branches_done(advance, gateway) >= len(gateway.parallel_next_steps)
    _note_wrong_count(advance, step, gateway, arrivals=arrivals, passes=passes)
    if passes and not advance.is_stopped:
        advance.leave(step.id)
        advance.go_to(step.next_step)


def _branches_done(advance: Advance, gateway: Step) -> int:
    """How many branches the engine takes for done. It counts no arrivals, but distinct first steps."""
    first_steps = set(gateway.parallel_next_steps)
    if advance.definition.rules.joins_within_request:
        return sum(1 for step_id in first_steps if advance.has_completed(step_id))
    # Version 0 sees what was completed before this event, and adds one for the branch that arrives now.
    return 1 + sum(1 for step_id in first_steps if advance.completed_before.get(step_id, 0) > 0)


def _note_wrong_count(advance: Advance, step: Step, gateway: Step, *, arrivals: int, passes: bool) -> None:
    branches = gateway.parallel_next_steps
    number = arrivals % len(branches)
    if passes == (number == 0):
        return
    if passes:
        text = (
            f'join "{step.id}" was passed at arrival {number} of {len(branches)}: '
            "it counts branches by their first step"
        )
    else:
        text = (
            f'join "{step.id}" was not passed though all {len(branches)} branches arrived: '
            "it counts distinct first steps"
        )
        if not advance.definition.rules.joins_within_request:
            text += ", and only those that were completed before this request"
    code = miscount_code(advance.definition, gateway, passes=passes)
    advance.meet_fault(code, step_id=step.id, text=text, passed_early=passes)


def _enter_end(advance: Advance, step: Step) -> None:
    _pass(advance, step)
    advance.complete()
    if advance.current:
        left = ", ".join(f'"{step_id}"' for step_id in advance.current)
        text = f'END "{step.id}" finished the instance while {left} was still open'
        advance.meet_fault(codes.END_LEAVES_BRANCHES, step_id=step.id, text=text)
    if advance.definition.auto_start_next_workflow and advance.is_completed:
        advance.effects.append(NextWorkflowDue(advance.definition.next_workflow_id, advance.variables))


_ENTER: Mapping[str, Callable[[Advance, Step], None]] = {
    StepType.SERVICE_TASK: _enter_service_task,
    StepType.USER_TASK: _enter_user_task,
    StepType.WAIT: _enter_wait,
    StepType.DECISION: _enter_decision,
    StepType.DECISION_TABLE: _enter_decision_table,
    StepType.TRANSFORMATION: _enter_transformation,
    StepType.PARALLEL_GATEWAY: _enter_gateway,
    StepType.JOIN_GATEWAY: _enter_join,
    StepType.END: _enter_end,
}
