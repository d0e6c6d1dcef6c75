"""One instance with all that belongs to it, as a value, and what effects make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rochallor_cli.dev_engine.records import (
    Execution,
    ExecutionStatus,
    Instance,
    Job,
    JobStatus,
    Timer,
    UserTask,
)
from rochallor_cli.dev_engine.state_machine import effects as fx
from rochallor_cli.dev_engine.state_machine.advance import Outcome

INSTANCE_ID = "instance"


@dataclass(frozen=True, slots=True)
class World:
    """Ids are made from step and attempt ("work#1"), so that equal worlds are equal values.

    now_ns: the time, moved only by timers. faults: the codes and steps of engine faults met so far.
    next_workflows: definitions that were to be started behind this one.
    """

    instance: Instance
    executions: tuple[Execution, ...] = ()
    jobs: tuple[Job, ...] = ()
    user_tasks: tuple[UserTask, ...] = ()
    timers: tuple[Timer, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    next_workflows: tuple[str, ...] = ()
    now_ns: int = 0

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.status == JobStatus.OFFERED)

    def running(self, step_id: str) -> tuple[int, ...]:
        """The attempts of a step that are RUNNING."""
        return tuple(
            execution.attempt
            for execution in self.executions
            if execution.step_id == step_id and execution.status == ExecutionStatus.RUNNING
        )

    @property
    def is_quiet(self) -> bool:
        """True when only a person, a signal or a timer can move it."""
        return not self.open_jobs


def world_after(world: World, outcome: Outcome) -> World:
    """The world once an outcome is written into it."""
    after = replace(world, instance=outcome.instance)
    for effect in outcome.effects:
        after = _EFFECTS[type(effect)](after, effect)
    return after


def _execution_started(world: World, effect: fx.ExecutionStarted) -> World:
    return _with_execution(world, effect, ExecutionStatus.RUNNING, None)


def _execution_passed(world: World, effect: fx.ExecutionPassed) -> World:
    return _with_execution(world, effect, effect.status, effect.failure_reason)


def _with_execution(
    world: World,
    effect: fx.ExecutionStarted | fx.ExecutionPassed,
    status: ExecutionStatus,
    reason: str | None,
) -> World:
    execution = Execution(
        id=_id(effect.step_id, effect.attempt),
        instance_id=INSTANCE_ID,
        step_id=effect.step_id,
        step_type=effect.step_type,
        attempt=effect.attempt,
        status=status,
        started_ns=world.now_ns,
        ended_ns=None if status == ExecutionStatus.RUNNING else world.now_ns,
        failure_reason=reason,
    )
    return replace(world, executions=(*world.executions, execution))


def _execution_ended(world: World, effect: fx.ExecutionEnded) -> World:
    wanted = _id(effect.step_id, effect.attempt)
    return replace(
        world,
        executions=tuple(
            replace(
                execution,
                status=effect.status,
                ended_ns=world.now_ns,
                failure_reason=effect.failure_reason or execution.failure_reason,
            )
            if execution.id == wanted
            else execution
            for execution in world.executions
        ),
    )


def _running_failed(world: World, effect: fx.RunningFailed) -> World:
    running, failed = ExecutionStatus.RUNNING, ExecutionStatus.FAILED
    return replace(
        world,
        executions=tuple(
            replace(execution, status=failed, ended_ns=world.now_ns, failure_reason=effect.failure_reason)
            if execution.step_id == effect.step_id and execution.status == running
            else execution
            for execution in world.executions
        ),
    )


def _job_offered(world: World, effect: fx.JobOffered) -> World:
    job = Job(
        id=_id(effect.step_id, effect.attempt),
        instance_id=INSTANCE_ID,
        execution_id=_id(effect.step_id, effect.attempt),
        step_id=effect.step_id,
        attempt=effect.attempt,
        job_type=effect.job_type,
        status=JobStatus.OFFERED,
        retries_remaining=effect.retries_remaining,
        variables=effect.variables,
        created_ns=world.now_ns,
    )
    return replace(world, jobs=(*world.jobs, job))


def _job_returned(world: World, effect: fx.JobReturned) -> World:
    retries = effect.retries_remaining
    return _with_job(world, effect.job_id, status=JobStatus.OFFERED, retries_remaining=retries)


def _job_replaced(world: World, effect: fx.JobReplaced) -> World:
    old = next(job for job in world.jobs if job.id == effect.job_id)
    number = 1 + sum(1 for job in world.jobs if job.execution_id == old.execution_id)
    new = replace(
        old,
        id=f"{old.execution_id}/{number}",
        status=JobStatus.OFFERED,
        retries_remaining=effect.retries_remaining,
        created_ns=world.now_ns,
    )
    after = _with_job(world, old.id, status=JobStatus.CANCELLED)
    return replace(after, jobs=(*after.jobs, new))


def _job_settled(world: World, effect: fx.JobSettled) -> World:
    return _with_job(world, effect.job_id, status=effect.status)


def _job_withdrawn(world: World, effect: fx.JobWithdrawn) -> World:
    wanted = _id(effect.step_id, effect.attempt)
    for job in world.jobs:
        if job.execution_id == wanted and job.status == JobStatus.OFFERED:
            return _with_job(world, job.id, status=JobStatus.CANCELLED)
    return world


def _with_job(world: World, job_id: str, **changes: Any) -> World:
    jobs = tuple(replace(job, **changes) if job.id == job_id else job for job in world.jobs)
    return replace(world, jobs=jobs)


def _user_task_opened(world: World, effect: fx.UserTaskOpened) -> World:
    id_ = _id(effect.step_id, effect.attempt)
    task = UserTask(id_, INSTANCE_ID, id_, effect.step_id, effect.attempt)
    return replace(world, user_tasks=(*world.user_tasks, task))


def _user_tasks_closed(world: World, effect: fx.UserTasksClosed) -> World:
    left = tuple(task for task in world.user_tasks if task.step_id != effect.step_id)
    return replace(world, user_tasks=left)


def _user_task_withdrawn(world: World, effect: fx.UserTaskWithdrawn) -> World:
    withdrawn = _id(effect.step_id, effect.attempt)
    return replace(world, user_tasks=tuple(task for task in world.user_tasks if task.id != withdrawn))


def _timer_started(world: World, effect: fx.TimerStarted) -> World:
    # A step may start several timers; their number tells them apart.
    execution_id = _id(effect.step_id, effect.attempt)
    number = 1 + sum(1 for timer in world.timers if timer.execution_id == execution_id)
    timer = Timer(
        id=f"{execution_id}/{number}",
        instance_id=INSTANCE_ID,
        execution_id=execution_id,
        step_id=effect.step_id,
        attempt=effect.attempt,
        fires_ns=effect.fires_ns,
        interrupting=effect.interrupting,
        target_step_id=effect.target_step_id,
    )
    return replace(world, timers=(*world.timers, timer))


def _timer_spent(world: World, effect: fx.TimerSpent) -> World:
    return replace(world, timers=tuple(timer for timer in world.timers if timer.id != effect.timer_id))


def _next_workflow_due(world: World, effect: fx.NextWorkflowDue) -> World:
    return replace(world, next_workflows=(*world.next_workflows, effect.definition_id))


def _fault_met(world: World, effect: fx.FaultMet) -> World:
    return replace(world, faults=(*world.faults, (effect.code, effect.step_id)))


_EFFECTS: dict[type[fx.Effect], Callable[[World, Any], World]] = {
    fx.ExecutionStarted: _execution_started,
    fx.ExecutionPassed: _execution_passed,
    fx.ExecutionEnded: _execution_ended,
    fx.RunningFailed: _running_failed,
    fx.JobOffered: _job_offered,
    fx.JobReturned: _job_returned,
    fx.JobReplaced: _job_replaced,
    fx.JobSettled: _job_settled,
    fx.JobWithdrawn: _job_withdrawn,
    fx.UserTaskOpened: _user_task_opened,
    fx.UserTasksClosed: _user_tasks_closed,
    fx.UserTaskWithdrawn: _user_task_withdrawn,
    fx.TimerStarted: _timer_started,
    fx.TimerSpent: _timer_spent,
    fx.NextWorkflowDue: _next_workflow_due,
    fx.FaultMet: _fault_met,
}


def _id(step_id: str, attempt: int) -> str:
    return f"{step_id}#{attempt}"
