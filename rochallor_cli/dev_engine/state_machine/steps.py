"""What each type of step does when an instance enters it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.definition.model import Step, StepType
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.records import ExecutionStatus
from rochallor_cli.dev_engine.state_machine.advance import Walk
from rochallor_cli.dev_engine.state_machine.branches import (
    StepFailed,
    other_branch,
    taken_branch,
    transformed,
)
from rochallor_cli.dev_engine.state_machine.effects import (
    ExecutionPassed,
    ExecutionStarted,
    JobOffered,
    NextWorkflowDue,
    TimerStarted,
    UserTaskOpened,
)


def walk_from(walk: Walk, *step_ids: str) -> None:
    """Enter these steps and all that follows from them, up to where the instance rests.

    A branch that fails or ends the instance does not keep the branches after it from being entered.
    """
    walk.go_to(*step_ids)
    for step in walk.next_steps():
        _ENTER[step.type](walk, step)


def leave_resting(walk: Walk, step: Step) -> None:
    """Go on from a task or wait that was completed: by its branches, else by its nextStep."""
    if not step.conditional_next_steps and not step.next_step:
        _end_of_the_road(walk, step)
        return
    walk.leave(step.id)
    if not step.conditional_next_steps:
        walk_from(walk, step.next_step)
        return
    try:
        target = _take_branch(walk, step)
    except StepFailed as failed:
        walk.fail(str(failed))
    else:
        walk_from(walk, target)


def _take_branch(walk: Walk, step: Step) -> str:
    """The step that a condition leads to. Raises StepFailed."""
    condition = taken_branch(step, walk.variables, walk.circumstances)
    other = other_branch(step, condition, walk.variables, walk.circumstances)
    if other is not None:
        text = (
            f'step "{step.id}" took the branch "{condition}", and could as well have tried "{other}" first: '
            "their order is random"
        )
        walk.meet_fault(codes.AMBIGUOUS_BRANCHES, step.id, text)
    return step.conditional_next_steps[condition]


def _end_of_the_road(walk: Walk, step: Step) -> None:
    """Neither branches nor nextStep: a user task's branch ends, a service task stays where it is."""
    if step.type == StepType.SERVICE_TASK:
        text = f'step "{step.id}" has no way on: its job is done, the instance stays on it for ever'
        walk.meet_fault(codes.NO_WAY_ON, step.id, text)
    else:
        walk.leave(step.id)


# --- steps at which the instance rests ----------------------------------------------------------


def _enter_service_task(walk: Walk, step: Step) -> None:
    attempt = _rest(walk, step)
    walk.effects.append(JobOffered(step.id, attempt, step.job_type, step.retry_count, walk.variables))


def _enter_user_task(walk: Walk, step: Step) -> None:
    attempt = _rest(walk, step)
    walk.effects.append(UserTaskOpened(step.id, attempt))
    walk.park()


def _enter_wait(walk: Walk, step: Step) -> None:
    _rest(walk, step)
    walk.park()


def _rest(walk: Walk, step: Step) -> int:
    attempt = walk.count_entry(step)
    walk.arrive(step.id)
    walk.effects.append(ExecutionStarted(step.id, step.type, attempt))
    for event in step.boundary_events:
        try:
            fires_ns = walk.now_ns + duration_ns(event.duration)
        except DurationError as error:
            raise WorkflowStuck(f'boundary event duration "{event.duration}": {error}') from None
        timer = TimerStarted(step.id, attempt, fires_ns, event.interrupting, event.target_step_id)
        walk.effects.append(timer)
    return attempt


# --- steps that are passed at once --------------------------------------------------------------


def _pass(walk: Walk, step: Step) -> int:
    attempt = walk.count_entry(step)
    walk.count_completed(step.id)
    passed = ExecutionPassed(step.id, step.type, attempt, ExecutionStatus.COMPLETED)
    walk.effects.append(passed)
    return attempt


def _break(walk: Walk, step: Step, reason: str) -> None:
    """The step fails, and the instance with it, which stays on it."""
    walk.arrive(step.id)
    attempt = walk.count_entry(step)
    failed = ExecutionPassed(step.id, step.type, attempt, ExecutionStatus.FAILED, reason)
    walk.effects.append(failed)
    walk.fail(reason)


def _enter_decision(walk: Walk, step: Step) -> None:
    try:
        target = _take_branch(walk, step)
    except StepFailed as failed:
        _break(walk, step, str(failed))
    else:
        _pass(walk, step)
        walk.go_to(target)


def _enter_transformation(walk: Walk, step: Step) -> None:
    try:
        walk.variables = transformed(step, walk.variables, walk.circumstances)
    except StepFailed as failed:
        _break(walk, step, str(failed))
    else:
        _pass(walk, step)
        walk.go_to(step.next_step)


def _enter_gateway(walk: Walk, step: Step) -> None:
    _pass(walk, step)
    walk.go_to(*step.parallel_next_steps)


def _enter_join(walk: Walk, step: Step) -> None:
    gateway = walk.definition.gateway_of(step.id)
    if gateway is None:
        raise WorkflowStuck(f'join step "{step.id}": no matching PARALLEL_GATEWAY found')
    arrivals = _pass(walk, step)
    walk.arrive(step.id)
    branches = gateway.parallel_next_steps
    # The engine does not count arrivals: it counts the branches whose first step was completed
    # before this event began, and adds one for the branch that arrives now.
    done = 1 + sum(1 for branch in branches if walk.completed_before.get(branch, 0) > 0)
    _note_wrong_count(walk, step, arrivals, len(branches), passes=done >= len(branches))
    if done >= len(branches) and not walk.is_over:
        walk.leave(step.id)
        walk.go_to(step.next_step)


def _note_wrong_count(walk: Walk, step: Step, arrivals: int, branches: int, *, passes: bool) -> None:
    all_there = arrivals % branches == 0
    if passes and not all_there:
        text = (
            f'join "{step.id}" was passed at arrival {arrivals % branches} of {branches}: '
            "it counts branches by their first step"
        )
        walk.meet_fault(codes.JOIN_MISCOUNTS, step.id, text)
    elif all_there and not passes:
        text = (
            f'join "{step.id}" was not passed though all {branches} branches arrived: '
            "it does not see steps completed in the same request"
        )
        walk.meet_fault(codes.JOIN_MISCOUNTS, step.id, text)


def _enter_end(walk: Walk, step: Step) -> None:
    _pass(walk, step)
    walk.complete()
    if walk.current:
        left = ", ".join(f'"{step_id}"' for step_id in walk.current)
        text = f'END "{step.id}" finished the instance while {left} was still open'
        walk.meet_fault(codes.END_LEAVES_BRANCHES, step.id, text)
    if walk.definition.auto_start_next_workflow and walk.is_completed:
        walk.effects.append(NextWorkflowDue(walk.definition.next_workflow_id, walk.variables))


_ENTER: Mapping[str, Callable[[Walk, Step], None]] = {
    StepType.SERVICE_TASK: _enter_service_task,
    StepType.USER_TASK: _enter_user_task,
    StepType.WAIT: _enter_wait,
    StepType.DECISION: _enter_decision,
    StepType.TRANSFORMATION: _enter_transformation,
    StepType.PARALLEL_GATEWAY: _enter_gateway,
    StepType.JOIN_GATEWAY: _enter_join,
    StepType.END: _enter_end,
}
