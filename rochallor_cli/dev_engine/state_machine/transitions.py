"""The events that move an instance, one function each.

Each takes the definition, the instance and what the event says, and gives the instance as it is
afterwards with what is to be written. A request that the engine refuses raises `Refused`; nothing
of it is kept then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.definition.schemas import schema_violation
from rochallor_cli.dev_engine.errors import (
    Refused,
    SchemaViolated,
    WorkflowStuck,
    bad_request,
    conflict,
    internal_error,
    not_found,
)
from rochallor_cli.dev_engine.records import (
    ExecutionStatus,
    Instance,
    InstanceStatus,
    JobRecord,
    JobStatus,
    Timer,
    Variables,
)
from rochallor_cli.dev_engine.state_machine.advance import Advance, Outcome
from rochallor_cli.dev_engine.state_machine.effects import (
    FaultMet,
    JobReplaced,
    JobReturned,
    JobSettled,
    JobWithdrawn,
    TimerSpent,
    UserTasksClosed,
    UserTaskWithdrawn,
)
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.state_machine.steps import advance_from, leave_resting

INTERRUPTED = "interrupted by boundary timer"
# Members by names of the module, as in `advance`.
_SETTLED: Final = (JobStatus.COMPLETED, JobStatus.CANCELLED)
_DONE: Final = JobStatus.COMPLETED
_COMPLETED: Final = ExecutionStatus.COMPLETED

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


def start(definition: Definition, instance: Instance, inputs: EventInputs) -> Outcome:
    """Enter the first step of a new instance. Raises SchemaViolated."""
    schema = definition.input_schema
    # Variables are read only where somebody asks what is in them.
    if schema is not None and (violation := schema_violation(schema, instance.variables.values)):
        raise SchemaViolated(violation)
    advance = Advance(definition, instance, inputs)
    advance_from(advance, definition.steps[0].id)
    advance.settle_status()
    return advance.outcome()


def complete_job(
    definition: Definition,
    instance: Instance,
    job: JobRecord,
    *,
    step_status: ExecutionStatus,
    worker_id: str = "",
    changes: Changes,
    inputs: EventInputs,
) -> Outcome:
    """A worker has done a job.

    step_status: of the execution that the job belongs to. worker_id: who reports; it matters from version "leases"
    on, as does the lease. A job that is completed or was withdrawn changes nothing.
    """
    advance = Advance(definition, instance, inputs)
    if not _counts(advance, job, step_status=step_status, worker_id=worker_id):
        return advance.outcome()
    if job.status in _SETTLED:
        return advance.outcome()
    step = definition.step(job.step_id)
    violation = schema_violation(step.outputs_schema if step else None, changes)
    if violation and advance.is_live:
        _refuse_outputs(advance, job, violation, was=step_status)
        return advance.outcome()
    advance.effects.append(JobSettled(job.id, _DONE))
    advance.end_execution(job.step_id, job.attempt, was=step_status, status=_COMPLETED)
    if not advance.is_live:
        text = f'the job of step "{job.step_id}" was completed after its instance had ended: nothing moves'
        advance.note_fault(codes.JOB_OF_ENDED_INSTANCE, step_id=job.step_id, text=text)
        return advance.outcome()
    _go_on(advance, advance.find(job.step_id), changes)
    return advance.outcome()


def _refuse_outputs(advance: Advance, job: JobRecord, violation: str, *, was: ExecutionStatus) -> None:
    """What a worker returned violates the step's schema: all fails, and the worker is told so by a 500."""
    advance.effects.append(JobSettled(job.id, JobStatus.CANCELLED))
    failed = ExecutionStatus.FAILED
    advance.end_execution(job.step_id, job.attempt, was=was, status=failed, reason=violation)
    advance.fail(violation)
    advance.complaint = violation


def fail_job(
    definition: Definition,
    instance: Instance,
    job: JobRecord,
    *,
    step_status: ExecutionStatus,
    worker_id: str = "",
    message: str,
    retryable: bool,
    inputs: EventInputs,
) -> Outcome:
    """A worker has failed a job: it is offered again while there are retries, else all fails.

    Before version "leases" the engine looks at no state: a job that was completed is offered again or undone all
    the same, and an instance that has ended becomes FAILED. From then on an offer is another job.
    """
    advance = Advance(definition, instance, inputs)
    if not _counts(advance, job, step_status=step_status, worker_id=worker_id):
        return advance.outcome()
    if job.status in _SETTLED:
        text = f'the job of step "{job.step_id}" was failed after it was {job.status.lower()}'
        advance.note_fault(codes.FAIL_AFTER_END, step_id=job.step_id, text=text)
    elif not advance.is_live and instance.status != InstanceStatus.FAILED:
        text = f'the job of step "{job.step_id}" was failed in an instance that was {instance.status}'
        advance.note_fault(codes.FAIL_AFTER_END, step_id=job.step_id, text=text)
    if retryable and job.retries_remaining > 0:
        left = job.retries_remaining - 1
        strict = definition.rules.strict_leases
        advance.effects.append(JobReplaced(job.id, left) if strict else JobReturned(job.id, left))
        return advance.outcome()
    advance.effects.append(JobSettled(job.id, JobStatus.FAILED))
    failed = ExecutionStatus.FAILED
    advance.end_execution(job.step_id, job.attempt, was=step_status, status=failed, reason=message)
    advance.fail(message)
    return advance.outcome()


def _counts(advance: Advance, job: JobRecord, *, step_status: ExecutionStatus, worker_id: str) -> bool:
    """Whether a worker's report changes anything, by the rule of strict leases; without it every report does."""
    if not advance.definition.rules.strict_leases:
        return True
    is_open = advance.is_live and step_status == ExecutionStatus.RUNNING
    holds = job.status == JobStatus.OFFERED or (
        job.status == JobStatus.LOCKED
        and job.worker_id == worker_id
        and advance.now_ns < (job.lock_expires_ns or 0)
    )
    if not (is_open and holds):
        text = f'a report for the job of step "{job.step_id}" was dropped: {_why_dropped(advance, job, worker_id)}'
        advance.note_fault(codes.REPORT_DROPPED, step_id=job.step_id, text=text)
    return is_open and holds


def _why_dropped(advance: Advance, job: JobRecord, worker_id: str) -> str:
    if not advance.is_live:
        return "its instance has ended"
    if job.status == JobStatus.LOCKED and job.worker_id != worker_id:
        return f'it is leased to "{job.worker_id}"'
    if job.status == JobStatus.LOCKED:
        return "its lease has ended"
    return "another attempt has taken its place, or it was reported before"


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
    step: Step,
    *,
    running: Sequence[int],
    changes: Changes,
    inputs: EventInputs,
) -> Outcome:
    """A person has done an open user task; `find_user_task_step` has been asked before.

    running: the attempts of the step that are RUNNING. However often it is open, it is done with this once.
    """
    advance = Advance(definition, instance, inputs)
    advance.effects.append(UserTasksClosed(step.id))
    _complete_running(advance, step, running)
    if not running:
        text = f'user task "{step.id}" was completed after a timer had interrupted it: both ways go on'
        advance.meet_fault(codes.TASK_SURVIVES_TIMER, step_id=step.id, text=text)
    _go_on(advance, step, changes)
    return advance.outcome()


def _complete_running(advance: Advance, step: Step, running: Sequence[int]) -> None:
    was, status = ExecutionStatus.RUNNING, ExecutionStatus.COMPLETED
    for attempt in running:
        advance.end_execution(step.id, attempt, was=was, status=status)


def signal(
    definition: Definition,
    instance: Instance,
    step_id: str,
    *,
    running: Sequence[int],
    changes: Changes,
    inputs: EventInputs,
) -> Outcome:
    """A signal for a WAIT step. Raises Refused when the instance does not wait there.

    running: the attempts of the step that are RUNNING. However often it is open, one signal is for all.
    """
    step = definition.step(step_id)
    if step is None:
        raise _not_parked()
    _check_endpoint(step, StepType.WAIT, instance)
    if step_id not in instance.current_step_ids:
        raise _not_parked()
    advance = Advance(definition, instance, inputs)
    _complete_running(advance, step, running)
    _go_on(advance, step, changes)
    return advance.outcome()


def retry(
    definition: Definition,
    instance: Instance,
    step_id: str,
    *,
    latest: ExecutionStatus | None,
    changes: Changes,
    inputs: EventInputs,
) -> Outcome:
    """Run a failed step of a failed instance again, as another attempt. Raises Refused where that cannot be.

    latest: the state of the step's last execution, None where it has none.
    """
    if instance.status != InstanceStatus.FAILED:
        raise conflict("instance is not FAILED; manual retry only applies to FAILED instances")
    step = definition.step(step_id)
    if step is None:
        raise internal_error(f'retry step: step "{step_id}" not found in definition')
    if latest != ExecutionStatus.FAILED:
        raise conflict("step is not in a retryable state")
    advance = Advance(definition, instance, inputs)
    advance.reopen()
    advance.merge(changes)
    try:
        advance_from(advance, step.id)
    except WorkflowStuck as stuck:
        raise WorkflowStuck(f"retry step: {stuck.reason}", problem=stuck.problem) from None
    return advance.outcome()


def cancel(definition: Definition, instance: Instance, reason: str, *, inputs: EventInputs) -> Outcome:
    """End an instance from outside; its jobs, tasks and timers stay as they are."""
    if not instance.status.is_live:
        raise Refused(500, "internal-error", "cancel: no rows in result set")
    advance = Advance(definition, instance, inputs)
    advance.cancel(reason)
    return advance.outcome()


def fire_timer(
    definition: Definition,
    instance: Instance,
    timer: Timer,
    *,
    step_status: ExecutionStatus,
    inputs: EventInputs,
) -> Outcome:
    """A boundary timer is due. Nothing withdraws timers; before version 1.0.0 they fire after their step, too.

    Raises WorkflowStuck when its target cannot be entered and it stays due.
    """
    try:
        return _fired(definition, instance, timer, step_status=step_status, inputs=inputs)
    except WorkflowStuck as stuck:
        if definition.rules.atomic_timers:
            raise
        text = f'a timer of step "{timer.step_id}" is lost, its target cannot be entered: {stuck.reason}'
        return Outcome(
            instance, (TimerSpent(timer.id), FaultMet(codes.TIMER_CANNOT_FIRE, timer.step_id, text))
        )


def _fired(
    definition: Definition,
    instance: Instance,
    timer: Timer,
    *,
    step_status: ExecutionStatus,
    inputs: EventInputs,
) -> Outcome:
    advance = Advance(definition, instance, inputs)
    advance.effects.append(TimerSpent(timer.id))
    is_late = not advance.is_live or step_status != ExecutionStatus.RUNNING
    if definition.rules.timers_end_with_step and is_late:
        return advance.outcome()
    if timer.interrupting and not advance.is_live:
        return advance.outcome()
    _note_late_timer(advance, timer, step_status)
    if timer.interrupting:
        failed = ExecutionStatus.FAILED
        advance.end_execution(
            timer.step_id, timer.attempt, was=step_status, status=failed, reason=INTERRUPTED
        )
        advance.effects.append(JobWithdrawn(timer.step_id, timer.attempt))
        if definition.rules.interrupted_tasks_close:
            advance.effects.append(UserTaskWithdrawn(timer.step_id, timer.attempt))
        advance.leave(timer.step_id)
    # The status is not worked out anew: only entering a user task or wait changes it.
    advance_from(advance, timer.target_step_id)
    return advance.outcome()


def _note_late_timer(advance: Advance, timer: Timer, step_status: ExecutionStatus) -> None:
    if not advance.is_live:
        text = f'a timer of step "{timer.step_id}" fired into an instance that had ended'
        advance.meet_fault(codes.TIMER_OUTLIVES_STEP, step_id=timer.step_id, text=text)
    elif step_status != ExecutionStatus.RUNNING:
        text = f'a timer of step "{timer.step_id}" fired though the step was {step_status.lower()}'
        advance.meet_fault(codes.TIMER_OUTLIVES_STEP, step_id=timer.step_id, text=text)


def _go_on(advance: Advance, step: Step, changes: Changes) -> None:
    advance.merge(changes)
    if not advance.is_stopped:
        leave_resting(advance, step)
    advance.settle_status()


def _check_endpoint(step: Step, wanted: StepType, instance: Instance) -> None:
    if step.type != wanted:
        raise bad_request("step type does not match the endpoint")
    if not instance.status.is_live:
        raise conflict("instance is in a terminal state")


def _not_parked() -> Refused:
    return conflict("wait step is not currently parked on the instance")
