"""Have the effects of an event written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rochallor_cli.dev_engine.records import (
    ExecutionStatus,
    JobRecord,
    JobStatus,
    NextWorkflow,
    StepExecution,
    Timer,
    UserTask,
)
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.state_machine import effects as fx
from rochallor_cli.dev_engine.state_machine.advance import Outcome


def write_outcome(resources: Resources, outcome: Outcome, *, is_new: bool = False) -> None:
    """Write the instance and the effects, in their order."""
    if is_new:
        resources.store.instances.add(outcome.instance)
    elif outcome.effects:
        resources.store.instances.save(outcome.instance)
    writer = _Writer(resources, outcome)
    for effect in outcome.effects:
        _WRITE[type(effect)](writer, effect)


class _Writer:
    def __init__(self, resources: Resources, outcome: Outcome) -> None:
        self.resources = resources
        self.store = resources.store
        self.instance = outcome.instance
        self.instance_id = outcome.instance.id
        self.now_ns = resources.clock.now_ns()
        # Jobs, tasks and timers follow the start of the execution they belong to.
        self.execution_id = ""

    def execution_started(self, effect: fx.ExecutionStarted) -> None:
        self.execution_id = self.resources.new_id()
        self.store.executions.add(
            StepExecution(
                id=self.execution_id,
                instance_id=self.instance_id,
                step_id=effect.step_id,
                step_type=effect.step_type,
                attempt=effect.attempt,
                status=ExecutionStatus.RUNNING,
                started_ns=self.now_ns,
            )
        )

    def execution_passed(self, effect: fx.ExecutionPassed) -> None:
        self.store.executions.add(
            StepExecution(
                id=self.resources.new_id(),
                instance_id=self.instance_id,
                step_id=effect.step_id,
                step_type=effect.step_type,
                attempt=effect.attempt,
                status=effect.status,
                started_ns=self.now_ns,
                ended_ns=self.now_ns,
                failure_reason=effect.failure_reason,
            )
        )

    def execution_ended(self, effect: fx.ExecutionEnded) -> None:
        self.store.executions.end(
            self.instance_id,
            effect.step_id,
            attempt=effect.attempt,
            status=effect.status,
            ended_ns=self.now_ns,
            failure_reason=effect.failure_reason,
        )

    def running_failed(self, effect: fx.RunningFailed) -> None:
        self.store.executions.fail_running(
            self.instance_id, effect.step_id, ended_ns=self.now_ns, failure_reason=effect.failure_reason
        )

    def job_offered(self, effect: fx.JobOffered) -> None:
        job = JobRecord(
            id=self.resources.new_id(),
            instance_id=self.instance_id,
            execution_id=self.execution_id,
            step_id=effect.step_id,
            attempt=effect.attempt,
            job_type=effect.job_type,
            status=JobStatus.OFFERED,
            retries_remaining=effect.retries_remaining,
            variables=effect.variables,
            created_ns=self.now_ns,
        )
        self.store.jobs.add(job)
        self._dispatch(job.id)

    def job_returned(self, effect: fx.JobReturned) -> None:
        self.store.jobs.offer_again(effect.job_id, effect.retries_remaining)
        self._dispatch(effect.job_id)

    def job_replaced(self, effect: fx.JobReplaced) -> None:
        new_id = self.resources.new_id()
        retries = effect.retries_remaining
        self.store.jobs.replace(
            effect.job_id, new_id=new_id, retries_remaining=retries, created_ns=self.now_ns
        )
        self._dispatch(new_id)

    def _dispatch(self, job_id: str) -> None:
        if self.resources.config.dispatch == "kafka":
            self.store.outbox.add(self.resources.new_id(), job_id)

    def job_settled(self, effect: fx.JobSettled) -> None:
        self.store.jobs.settle(effect.job_id, effect.status)

    def job_withdrawn(self, effect: fx.JobWithdrawn) -> None:
        self.store.jobs.withdraw(self.instance_id, effect.step_id, effect.attempt)

    def user_task_opened(self, effect: fx.UserTaskOpened) -> None:
        self.store.user_tasks.add(
            UserTask(
                self.resources.new_id(), self.instance_id, self.execution_id, effect.step_id, effect.attempt
            )
        )

    def user_tasks_closed(self, effect: fx.UserTasksClosed) -> None:
        self.store.user_tasks.close(self.instance_id, effect.step_id)

    def user_task_withdrawn(self, effect: fx.UserTaskWithdrawn) -> None:
        self.store.user_tasks.withdraw(self.instance_id, effect.step_id, effect.attempt)

    def timer_started(self, effect: fx.TimerStarted) -> None:
        self.store.timers.add(
            Timer(
                id=self.resources.new_id(),
                instance_id=self.instance_id,
                execution_id=self.execution_id,
                step_id=effect.step_id,
                attempt=effect.attempt,
                fires_ns=effect.fires_ns,
                interrupting=effect.interrupting,
                target_step_id=effect.target_step_id,
            )
        )

    def timer_spent(self, effect: fx.TimerSpent) -> None:
        self.store.timers.remove(effect.timer_id)

    def next_workflow_due(self, effect: fx.NextWorkflowDue) -> None:
        key = self.instance.business_key if self.resources.rules.business_keys else None
        self.store.next_workflows.add(NextWorkflow(effect.definition_id, effect.variables, key))
        self.resources.next_workflows_due = True

    def fault_met(self, effect: fx.FaultMet) -> None:
        self.resources.tell_fault(self.instance, effect)


_WRITE: dict[type[fx.Effect], Callable[[_Writer, Any], None]] = {
    fx.ExecutionStarted: _Writer.execution_started,
    fx.ExecutionPassed: _Writer.execution_passed,
    fx.ExecutionEnded: _Writer.execution_ended,
    fx.RunningFailed: _Writer.running_failed,
    fx.JobOffered: _Writer.job_offered,
    fx.JobReturned: _Writer.job_returned,
    fx.JobReplaced: _Writer.job_replaced,
    fx.JobSettled: _Writer.job_settled,
    fx.JobWithdrawn: _Writer.job_withdrawn,
    fx.UserTaskOpened: _Writer.user_task_opened,
    fx.UserTasksClosed: _Writer.user_tasks_closed,
    fx.UserTaskWithdrawn: _Writer.user_task_withdrawn,
    fx.TimerStarted: _Writer.timer_started,
    fx.TimerSpent: _Writer.timer_spent,
    fx.NextWorkflowDue: _Writer.next_workflow_due,
    fx.FaultMet: _Writer.fault_met,
}
