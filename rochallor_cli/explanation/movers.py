"""What would move an instance: its open places, each with whom or what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    CompleteUserTask,
    FireTimer,
    JobRecord,
    PendingTimer,
    Signal,
    StepType,
)
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.engine_client.reading import attempt_of
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.reachability import Move
from rochallor_cli.explanation.serving_workers import UNKNOWN, ServedJobType
from rochallor_cli.explanation.world_from_facts import RebuiltWorld

# What moves a step of a type that is not known here.
OF_ENGINE = "engine"
# Why one may not be there.
OVERWRITTEN = "or it was completed, which has left no trace"
OVERDUE = "it has left no trace of firing"
BY_VERSION = "on some of the versions that the engine may be"


@dataclass(frozen=True)
class Mover:
    """One thing that would move an instance; times as the engine says them, or in ISO form.

    doubt: why it may not be there; "" where it surely is.
    """

    kind: str
    step: str
    since: str | None
    answers_500: str
    job_type: str | None = None
    at: str | None = None
    command: str | None = None
    doubt: str = ""
    served: ServedJobType = UNKNOWN

    @property
    def certain(self) -> bool:
        return not self.doubt

    def as_json(self) -> Value:
        optional = {
            "jobType": self.job_type,
            "at": self.at,
            "command": self.command,
            "workers": self.served.workers,
            "recordsWaiting": self.served.waiting,
            "hasHandler": self.served.has_handler,
        }
        return {
            "kind": self.kind,
            "step": self.step,
            **{name: value for name, value in optional.items() if value is not None},
            "since": self.since,
            "answers500": self.answers_500,
            **({} if self.certain else {"certain": False}),
        }


def movers(facts: Facts, built: RebuiltWorld, possible: Sequence[Move]) -> Iterator[Mover]:
    """What stands behind each thing that can happen."""
    jobs = {job.id: job for job in built.world.jobs}
    timers = {timer.id: timer for timer in built.world.timers}
    started = {(row.get("stepId"), attempt_of(row)): row.get("startedAt") for row in facts.executions}
    for move in possible:
        event = move.event
        common: dict[str, Any] = {"answers_500": move.answers_500}
        if isinstance(event, CompleteJob):
            job = jobs[event.job_id]
            yield Mover("job", job.step_id, started.get(_entry(job)), job_type=job.job_type, **common)
        elif isinstance(event, FireTimer):
            timer = timers[event.timer_id]
            at = datetime.fromtimestamp(timer.fires_ns / 1e9, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            doubt = OVERDUE if timer.id in built.overdue else ""
            yield Mover("timer", timer.step_id, started.get(_entry(timer)), at=at, doubt=doubt, **common)
        else:
            assert isinstance(event, CompleteUserTask | Signal), "these are all that possible_events names"
            is_task = isinstance(event, CompleteUserTask)
            doubt = OVERWRITTEN if is_task and event.step_id in built.doubtful_tasks else ""
            yield _by_hand(facts, event.step_id, is_task=is_task, doubt=doubt, **common)


def movers_as_written(facts: Facts) -> Iterator[Mover]:
    """What each open step waits for by its type; of a type that is not known only the engine knows."""
    running = [str(row["stepId"]) for row in facts.executions if row.get("status") == "RUNNING"]
    for step_id in dict.fromkeys((*running, *facts.current)):
        step, since = facts.steps.get(step_id, {}), _open_since(facts, step_id)
        if step.get("type") == StepType.SERVICE_TASK:
            yield Mover("job", step_id, since, "never", job_type=str(step.get("jobType")))
        elif step.get("type") in (StepType.USER_TASK, StepType.WAIT):
            yield _by_hand(facts, step_id, is_task=step["type"] == StepType.USER_TASK, answers_500="never")
        else:
            yield Mover(OF_ENGINE, step_id, since, "never")


def _entry(thing: JobRecord | PendingTimer) -> tuple[str, int]:
    """The entry of a step that it came from."""
    return thing.step_id, thing.attempt


def _by_hand(facts: Facts, step_id: str, *, is_task: bool, **common: Any) -> Mover:
    words = "tasks complete" if is_task else "instances signal"
    who = " --by YOU" if is_task else ""
    command = f"rochallor {words} {quote(str(facts.instance['id']))} {quote(step_id)}{who}"
    since = _open_since(facts, step_id)
    return Mover("user-task" if is_task else "signal", step_id, since, command=command, **common)


def _open_since(facts: Facts, step_id: str) -> str | None:
    """When the oldest open execution of a step began, or else the last one."""
    rows = [row for row in facts.executions if row.get("stepId") == step_id]
    running = [row for row in rows if row.get("status") == "RUNNING"]
    found = (running[:1] or rows[-1:] or [{}])[0]
    return found.get("startedAt")
