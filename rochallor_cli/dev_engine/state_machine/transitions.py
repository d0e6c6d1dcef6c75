"""The events that move an instance, one function each.

Each takes the definition, the instance and what the event says, and gives the instance as it is
afterwards with what is to be written. A request that the engine refuses raises `Refused`; nothing
of it is kept then.
"""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.errors import Refused, bad_request, conflict, not_found
from rochallor_cli.dev_engine.records import (
    ExecutionStatus,
    Instance,
    InstanceStatus,
    Job,
    JobStatus,
    Timer,
    UserTask,
    Variables,
)
from rochallor_cli.dev_engine.state_machine.advance import Outcome, Walk
from rochallor_cli.dev_engine.state_machine.effects import (
    JobReturned,
    JobSettled,
    JobWithdrawn,
    TimerSpent,
    UserTaskClosed,
)
from rochallor_cli.dev_engine.state_machine.event_inputs import Circumstances
from rochallor_cli.dev_engine.state_machine.steps import leave_resting, walk_from

INTERRUPTED = "interrupted by boundary timer"

Changes = Mapping[str, object]


def new_instance(
    definition: Definition,
    version: int,
    *,
    instance_id: str,
    variables: Variables,
    business_key: str | None,
    now_ns: int,
) -> Instance:
    """An instance that has entered no step yet."""
    return Instance(
        id=instance_id,
        definition_id=definition.id,
        definition_version=version,
        status=InstanceStatus.ACTIVE,
        current_step_ids=(),
        variables=variables,
        entered={},
        completed={},
        started_ns=now_ns,
        business_key=business_key,
    )


def start(definition: Definition, instance: Instance, circumstances: Circumstances) -> Outcome:
    """Enter the first step of a new instance."""
    walk = Walk(definition, instance, circumstances)
    walk_from(walk, definition.steps[0].id)
    walk.settle_status()
    return walk.outcome()


def complete_job(
    definition: Definition,
    instance: Instance,
    job: Job,
    *,
    step_status: ExecutionStatus,
    changes: Changes,
    circumstances: Circumstances,
) -> Outcome:
    """A worker has done a job. Who completes it, and whether its lease holds, does not matter.

    step_status: of the execution that the job belongs to. A job that is completed or was withdrawn
    changes nothing.
    """
    walk = Walk(definition, instance, circumstances)
    if job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
        return walk.outcome()
    walk.effects.append(JobSettled(job.id, JobStatus.COMPLETED))
    walk.end_execution(job.step_id, job.attempt, was=step_status, status=ExecutionStatus.COMPLETED)
    if not walk.is_live:
        text = f'the job of step "{job.step_id}" was completed after its instance had ended: nothing moves'
        walk.note_fault(codes.JOB_OF_ENDED_INSTANCE, job.step_id, text)
        return walk.outcome()
    _go_on(walk, walk.find(job.step_id), changes)
    return walk.outcome()


def fail_job(
    definition: Definition,
    instance: Instance,
    job: Job,
    *,
    step_status: ExecutionStatus,
    message: str,
    retryable: bool,
    circumstances: Circumstances,
) -> Outcome:
    """A worker has failed a job: it is offered again while there are retries, else all fails.

    The engine looks at no state: a job that was completed is offered again or undone all the same,
    and an instance that has ended becomes FAILED.
    """
    walk = Walk(definition, instance, circumstances)
    if job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
        text = f'the job of step "{job.step_id}" was failed after it was {job.status.lower()}'
        walk.note_fault(codes.FAIL_AFTER_END, job.step_id, text)
    elif not walk.is_live and instance.status != InstanceStatus.FAILED:
        text = f'the job of step "{job.step_id}" was failed in an instance that was {instance.status}'
        walk.note_fault(codes.FAIL_AFTER_END, job.step_id, text)
    if retryable and job.retries_remaining > 0:
        walk.effects.append(JobReturned(job.id, job.retries_remaining - 1))
        return walk.outcome()
    walk.effects.append(JobSettled(job.id, JobStatus.FAILED))
    failed = ExecutionStatus.FAILED
    walk.end_execution(job.step_id, job.attempt, was=step_status, status=failed, reason=message)
    walk.fail(message)
    return walk.outcome()


def find_user_task_step(definition: Definition, instance: Instance, step_id: str) -> Step:
    """The step of a user task that is to be completed. Raises Refused in the engine's order."""
    step = definition.step(step_id)
    if step is None:
        raise not_found("user task not found")
    _check_endpoint(step, StepType.USER_TASK, instance)
    return step


def complete_user_task(
    definition: Definition,
    instance: Instance,
    task: UserTask,
    *,
    step_status: ExecutionStatus,
    changes: Changes,
    circumstances: Circumstances,
) -> Outcome:
    """A person has done an open user task; `find_user_task_step` has been asked before."""
    walk = Walk(definition, instance, circumstances)
    walk.effects.append(UserTaskClosed(task.step_id, task.attempt))
    if step_status == ExecutionStatus.RUNNING:
        walk.end_execution(task.step_id, task.attempt, was=step_status, status=ExecutionStatus.COMPLETED)
    else:
        text = f'user task "{task.step_id}" was completed after a timer had interrupted it: both ways go on'
        walk.meet_fault(codes.TASK_SURVIVES_TIMER, task.step_id, text)
    _go_on(walk, walk.find(task.step_id), changes)
    return walk.outcome()


def signal(
    definition: Definition,
    instance: Instance,
    step_id: str,
    *,
    changes: Changes,
    circumstances: Circumstances,
) -> Outcome:
    """A signal for a WAIT step. Raises Refused when the instance does not wait there."""
    step = definition.step(step_id)
    if step is None:
        raise _not_parked()
    _check_endpoint(step, StepType.WAIT, instance)
    if step_id not in instance.current_step_ids:
        raise _not_parked()
    walk = Walk(definition, instance, circumstances)
    running, completed = ExecutionStatus.RUNNING, ExecutionStatus.COMPLETED
    walk.end_execution(step_id, walk.entries(step_id), was=running, status=completed)
    _go_on(walk, step, changes)
    return walk.outcome()


def cancel(
    definition: Definition, instance: Instance, reason: str, *, circumstances: Circumstances
) -> Outcome:
    """End an instance from outside; its jobs, tasks and timers stay as they are."""
    if not instance.status.is_live:
        raise Refused(500, "internal-error", "cancel: no rows in result set")
    walk = Walk(definition, instance, circumstances)
    walk.cancel(reason)
    return walk.outcome()


def fire_timer(
    definition: Definition,
    instance: Instance,
    timer: Timer,
    *,
    step_status: ExecutionStatus,
    circumstances: Circumstances,
) -> Outcome:
    """A boundary timer is due. Nothing withdraws timers: they fire after their step, too."""
    walk = Walk(definition, instance, circumstances)
    walk.effects.append(TimerSpent(timer.id))
    if timer.interrupting and not walk.is_live:
        return walk.outcome()
    _note_late_timer(walk, timer, step_status)
    if timer.interrupting:
        failed = ExecutionStatus.FAILED
        walk.end_execution(timer.step_id, timer.attempt, was=step_status, status=failed, reason=INTERRUPTED)
        walk.effects.append(JobWithdrawn(timer.step_id, timer.attempt))
        walk.leave(timer.step_id)
    # The status is not worked out anew: only entering a user task or wait changes it.
    walk_from(walk, timer.target_step_id)
    return walk.outcome()


def _note_late_timer(walk: Walk, timer: Timer, step_status: ExecutionStatus) -> None:
    if not walk.is_live:
        text = f'a timer of step "{timer.step_id}" fired into an instance that had ended'
        walk.meet_fault(codes.TIMER_OUTLIVES_STEP, timer.step_id, text)
    elif step_status != ExecutionStatus.RUNNING:
        text = f'a timer of step "{timer.step_id}" fired though the step was {step_status.lower()}'
        walk.meet_fault(codes.TIMER_OUTLIVES_STEP, timer.step_id, text)


def _go_on(walk: Walk, step: Step, changes: Changes) -> None:
    walk.merge(changes)
    if not walk.is_over:
        leave_resting(walk, step)
    walk.settle_status()


def _check_endpoint(step: Step, wanted: StepType, instance: Instance) -> None:
    if step.type != wanted:
        raise bad_request("step type does not match the endpoint")
    if not instance.status.is_live:
        raise conflict("instance is in a terminal state")


def _not_parked() -> Refused:
    return conflict("wait step is not currently parked on the instance")
