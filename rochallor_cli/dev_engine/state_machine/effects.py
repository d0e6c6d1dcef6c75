"""What an event changes besides the instance itself: to be written, in this order, all or nothing.

An execution is named by its step and attempt, which are unique within the instance.
"""

from __future__ import annotations

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import ExecutionStatus, JobStatus, Variables


@quick_dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """A step was entered and rests there."""

    step_id: str
    step_type: str
    attempt: int


@quick_dataclass(frozen=True, slots=True)
class ExecutionPassed:
    """A step was entered and is done already."""

    step_id: str
    step_type: str
    attempt: int
    status: ExecutionStatus
    failure_reason: str | None = None


@quick_dataclass(frozen=True, slots=True)
class ExecutionEnded:
    """An execution got its outcome. No reason: the one it has, if any, stays."""

    step_id: str
    attempt: int
    status: ExecutionStatus
    failure_reason: str | None = None


@quick_dataclass(frozen=True, slots=True)
class RunningFailed:
    """Every execution of a step that is still RUNNING has failed."""

    step_id: str
    failure_reason: str


@quick_dataclass(frozen=True, slots=True)
class JobOffered:
    step_id: str
    attempt: int
    job_type: str
    retries_remaining: int
    variables: Variables


@quick_dataclass(frozen=True, slots=True)
class JobReturned:
    """A job is offered again."""

    job_id: str
    retries_remaining: int


@quick_dataclass(frozen=True, slots=True)
class JobReplaced:
    """A job is cancelled, and another one of the same execution is offered in its place."""

    job_id: str
    retries_remaining: int


@quick_dataclass(frozen=True, slots=True)
class JobSettled:
    job_id: str
    status: JobStatus


@quick_dataclass(frozen=True, slots=True)
class JobWithdrawn:
    """The job of an execution is cancelled, unless it is settled already."""

    step_id: str
    attempt: int


@quick_dataclass(frozen=True, slots=True)
class UserTaskOpened:
    step_id: str
    attempt: int


@quick_dataclass(frozen=True, slots=True)
class UserTasksClosed:
    """Every open user task of a step is done."""

    step_id: str


@quick_dataclass(frozen=True, slots=True)
class UserTaskWithdrawn:
    """The user task of an execution cannot be done any more."""

    step_id: str
    attempt: int


@quick_dataclass(frozen=True, slots=True)
class TimerStarted:
    step_id: str
    attempt: int
    fires_ns: int
    interrupting: bool
    target_step_id: str


@quick_dataclass(frozen=True, slots=True)
class TimerSpent:
    timer_id: str


@quick_dataclass(frozen=True, slots=True)
class NextWorkflowDue:
    """The latest version of another definition is to be started, a moment later."""

    definition_id: str
    variables: Variables


@quick_dataclass(frozen=True, slots=True)
class FaultMet:
    """The workflow ran into a fault of the engine; the code is explained in docs/engine-faults.md.

    passed_early: a join was passed before all its branches had arrived.
    """

    code: str
    step_id: str
    text: str
    passed_early: bool = False


Effect = (
    ExecutionStarted
    | ExecutionPassed
    | ExecutionEnded
    | RunningFailed
    | JobOffered
    | JobReturned
    | JobReplaced
    | JobSettled
    | JobWithdrawn
    | UserTaskOpened
    | UserTasksClosed
    | UserTaskWithdrawn
    | TimerStarted
    | TimerSpent
    | NextWorkflowDue
    | FaultMet
)
