"""One instance with all that belongs to it, as a value, and what effects make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import (
    ExecutionStatus,
    Instance,
    JobRecord,
    JobStatus,
    StepExecution,
    Timer,
    UserTask,
)
from rochallor_cli.dev_engine.state_machine import effects as fx
from rochallor_cli.dev_engine.state_machine.advance import Outcome

INSTANCE_ID = "instance"
# Looking a member up in its class costs ten times a name of the module, and a search does so by the million.
_OFFERED: Final = JobStatus.OFFERED
_RUNNING: Final = ExecutionStatus.RUNNING


@quick_dataclass(frozen=True, slots=True)
class PendingTimer(Timer):
    """A timer of a world. Of two, the one with the lower `started` began earlier; timers of one event have the same."""

    length_ns: int
    started: int


@quick_dataclass(frozen=True, slots=True)
class World:
    """Ids are made from step and attempt ("work#1"), so that equal worlds are equal values.

    now_ns: the time, moved only by timers. faults: the codes and steps of engine faults met so far.
    next_workflows: definitions that were to be started behind this one.
    """

    instance: Instance
    executions: tuple[StepExecution, ...] = ()
    jobs: tuple[JobRecord, ...] = ()
    user_tasks: tuple[UserTask, ...] = ()
    timers: tuple[PendingTimer, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    next_workflows: tuple[str, ...] = ()
    now_ns: int = 0

    @property
    def open_jobs(self) -> tuple[JobRecord, ...]:
        return tuple([job for job in self.jobs if job.status is _OFFERED])

    def running(self, step_id: str) -> tuple[int, ...]:
        """The attempts of a step that are RUNNING."""
        return tuple(
            [
                execution.attempt
                for execution in self.executions
                if execution.step_id == step_id and execution.status is _RUNNING
            ]
        )

    @property
    def is_quiet(self) -> bool:
        """True when only a person, a signal or a timer can move it."""
        return not self.open_jobs


def without_past(world: World) -> World:
    """The world without what is over and done with: it goes on as before, and costs less to carry on.

    What is left out: ended executions that no open job and no timer hangs on, their jobs, faults met.
    """
    held = {job.execution_id for job in world.open_jobs}
    held.update([timer.execution_id for timer in world.timers])
    executions = tuple([each for each in world.executions if each.status is _RUNNING or each.id in held])
    if len(executions) == len(world.executions):
        return world
    held.update([execution.id for execution in executions])
    return World(
        world.instance,
        executions,
        tuple([job for job in world.jobs if job.execution_id in held]),
        world.user_tasks,
        world.timers,
        (),
        world.next_workflows,
        world.now_ns,
    )


def world_after(world: World, outcome: Outcome, *, now_ns: int) -> World:
    """The world once an outcome of that moment is written into it."""
    draft = _Draft(world, now_ns)
    for effect in outcome.effects:
        _EFFECTS[type(effect)](draft, effect)
    return draft.finished(outcome.instance)


class _Draft:
    """The next world while effects are written into it."""

    def __init__(self, world: World, now_ns: int) -> None:
        self.now_ns = now_ns
        self.executions = list(world.executions)
        self.jobs = list(world.jobs)
        self.user_tasks = list(world.user_tasks)
        self.timers = list(world.timers)
        self.started = 1 + max([timer.started for timer in world.timers]) if world.timers else 1
        self.faults = list(world.faults)
        self.next_workflows = list(world.next_workflows)

    def finished(self, instance: Instance) -> World:
        return World(
            instance,
            tuple(self.executions),
            tuple(self.jobs),
            tuple(self.user_tasks),
            tuple(self.timers),
            tuple(self.faults),
            tuple(self.next_workflows),
            self.now_ns,
        )

    def execution_started(self, effect: fx.ExecutionStarted) -> None:
        self._add_execution(effect, _RUNNING, None)

    def execution_passed(self, effect: fx.ExecutionPassed) -> None:
        self._add_execution(effect, effect.status, effect.failure_reason)

    def _add_execution(
        self, effect: fx.ExecutionStarted | fx.ExecutionPassed, status: ExecutionStatus, reason: str | None
    ) -> None:
        execution = StepExecution(
            id=_id(effect.step_id, effect.attempt),
            instance_id=INSTANCE_ID,
            step_id=effect.step_id,
            step_type=effect.step_type,
            attempt=effect.attempt,
            status=status,
            started_ns=self.now_ns,
            ended_ns=None if status == _RUNNING else self.now_ns,
            failure_reason=reason,
        )
        self.executions.append(execution)

    def execution_ended(self, effect: fx.ExecutionEnded) -> None:
        wanted = _id(effect.step_id, effect.attempt)
        for number, execution in enumerate(self.executions):
            if execution.id == wanted:
                self._end_execution(number, effect.status, effect.failure_reason or execution.failure_reason)
                return

    def running_failed(self, effect: fx.RunningFailed) -> None:
        for number, execution in enumerate(self.executions):
            if execution.step_id == effect.step_id and execution.status == ExecutionStatus.RUNNING:
                self._end_execution(number, ExecutionStatus.FAILED, effect.failure_reason)

    def _end_execution(self, number: int, status: ExecutionStatus, reason: str | None) -> None:
        # Written out, here and for jobs: `replace` costs searches a tenth of their time.
        execution = self.executions[number]
        self.executions[number] = StepExecution(
            execution.id,
            execution.instance_id,
            execution.step_id,
            execution.step_type,
            execution.attempt,
            status,
            execution.started_ns,
            self.now_ns,
            reason,
        )

    def job_offered(self, effect: fx.JobOffered) -> None:
        id_ = _id(effect.step_id, effect.attempt)
        job = JobRecord(
            id=id_,
            instance_id=INSTANCE_ID,
            execution_id=id_,
            step_id=effect.step_id,
            attempt=effect.attempt,
            job_type=effect.job_type,
            status=_OFFERED,
            retries_remaining=effect.retries_remaining,
            variables=effect.variables,
            created_ns=self.now_ns,
        )
        self.jobs.append(job)

    def job_returned(self, effect: fx.JobReturned) -> None:
        self._change_job(effect.job_id, JobStatus.OFFERED, effect.retries_remaining)

    def job_replaced(self, effect: fx.JobReplaced) -> None:
        old = next(job for job in self.jobs if job.id == effect.job_id)
        number = 1 + sum(1 for job in self.jobs if job.execution_id == old.execution_id)
        self._change_job(old.id, JobStatus.CANCELLED)
        new = replace(
            old,
            id=f"{old.execution_id}/{number}",
            status=JobStatus.OFFERED,
            retries_remaining=effect.retries_remaining,
            created_ns=self.now_ns,
        )
        self.jobs.append(new)

    def job_settled(self, effect: fx.JobSettled) -> None:
        self._change_job(effect.job_id, effect.status)

    def job_withdrawn(self, effect: fx.JobWithdrawn) -> None:
        wanted = _id(effect.step_id, effect.attempt)
        offered = [job for job in self.jobs if job.execution_id == wanted and job.status == JobStatus.OFFERED]
        for job in offered[:1]:
            self._change_job(job.id, JobStatus.CANCELLED)

    def _change_job(self, job_id: str, status: JobStatus, retries: int | None = None) -> None:
        for number, job in enumerate(self.jobs):
            if job.id == job_id:
                self.jobs[number] = JobRecord(
                    job.id,
                    job.instance_id,
                    job.execution_id,
                    job.step_id,
                    job.attempt,
                    job.job_type,
                    status,
                    job.retries_remaining if retries is None else retries,
                    job.variables,
                    job.created_ns,
                )
                return

    def user_task_opened(self, effect: fx.UserTaskOpened) -> None:
        id_ = _id(effect.step_id, effect.attempt)
        self.user_tasks.append(UserTask(id_, INSTANCE_ID, id_, effect.step_id, effect.attempt))

    def user_tasks_closed(self, effect: fx.UserTasksClosed) -> None:
        self.user_tasks = [task for task in self.user_tasks if task.step_id != effect.step_id]

    def user_task_withdrawn(self, effect: fx.UserTaskWithdrawn) -> None:
        withdrawn = _id(effect.step_id, effect.attempt)
        self.user_tasks = [task for task in self.user_tasks if task.id != withdrawn]

    def timer_started(self, effect: fx.TimerStarted) -> None:
        # A step may start several timers; their number tells them apart.
        execution_id = _id(effect.step_id, effect.attempt)
        number = 1 + sum(1 for timer in self.timers if timer.execution_id == execution_id)
        timer = PendingTimer(
            id=f"{execution_id}/{number}",
            instance_id=INSTANCE_ID,
            execution_id=execution_id,
            step_id=effect.step_id,
            attempt=effect.attempt,
            fires_ns=effect.fires_ns,
            interrupting=effect.interrupting,
            target_step_id=effect.target_step_id,
            length_ns=effect.fires_ns - self.now_ns,
            started=self.started,
        )
        self.timers.append(timer)

    def timer_spent(self, effect: fx.TimerSpent) -> None:
        self.timers = [timer for timer in self.timers if timer.id != effect.timer_id]

    def next_workflow_due(self, effect: fx.NextWorkflowDue) -> None:
        self.next_workflows.append(effect.definition_id)

    def fault_met(self, effect: fx.FaultMet) -> None:
        self.faults.append((effect.code, effect.step_id))


_EFFECTS: dict[type[fx.Effect], Callable[[_Draft, Any], None]] = {
    fx.ExecutionStarted: _Draft.execution_started,
    fx.ExecutionPassed: _Draft.execution_passed,
    fx.ExecutionEnded: _Draft.execution_ended,
    fx.RunningFailed: _Draft.running_failed,
    fx.JobOffered: _Draft.job_offered,
    fx.JobReturned: _Draft.job_returned,
    fx.JobReplaced: _Draft.job_replaced,
    fx.JobSettled: _Draft.job_settled,
    fx.JobWithdrawn: _Draft.job_withdrawn,
    fx.UserTaskOpened: _Draft.user_task_opened,
    fx.UserTasksClosed: _Draft.user_tasks_closed,
    fx.UserTaskWithdrawn: _Draft.user_task_withdrawn,
    fx.TimerStarted: _Draft.timer_started,
    fx.TimerSpent: _Draft.timer_spent,
    fx.NextWorkflowDue: _Draft.next_workflow_due,
    fx.FaultMet: _Draft.fault_met,
}


@lru_cache(maxsize=4096)
def _id(step_id: str, attempt: int) -> str:
    return f"{step_id}#{attempt}"
