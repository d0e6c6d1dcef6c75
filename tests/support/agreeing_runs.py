"""A random run of a definition, done on several sides at once that have to agree after every event."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rochallor_cli.dev_engine import DevEngine, engine_rules
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.explore import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    Event,
    FailJob,
    FireTimer,
    RetryStep,
    Signal,
    World,
    definition_from_document,
)
from rochallor_cli.dev_engine.records import Variables
from support.reference_engine import Answer, ReferenceEngine
from support.worlds import apply, started
from workflow_sdk.client.rest import RestEngineClient

MINUTE_NS = 60_000_000_000
STARTED_WITH: dict[str, Any] = {"a": 1}

# Status, current steps, variables, history and failure reason; jobs, open tasks and timers where a side shows them.
State = dict[str, Any]
# A kind, what it is done to, and values. A job is named by step, attempt and its number among those of the execution.
Move = tuple[Any, ...]


class Side(Protocol):
    """One engine with one instance of the definition."""

    def state(self) -> State: ...

    def do(self, move: Move) -> int:
        """The status of the answer; 204 where it was accepted."""
        ...


@dataclass
class ReferenceSide:
    engine: ReferenceEngine

    def state(self) -> State:
        engine = self.engine
        return {
            "status": engine.status,
            "current": engine.current,
            "variables": engine.variables,
            "reason": engine.reason,
            "ended": engine.has_ended,
            "history": sorted((row.step, row.attempt, row.status, row.reason) for row in engine.rows),
            "jobs": [(job.row.step, job.row.attempt, job.retries, job.status) for job in engine.jobs],
            "tasks": sorted((row.step, row.attempt) for row in engine.tasks),
            "timers": sorted((each.row.step, each.row.attempt, each.due) for each in engine.timers),
        }

    def do(self, move: Move) -> int:
        try:
            self._do(*move)
        except Answer as answer:
            return answer.status
        return 204

    def _do(self, kind: str, what: Any = None, values: Any = None) -> None:
        engine = self.engine
        if kind in ("complete", "fail"):
            keys = job_keys([(job.row.step, job.row.attempt) for job in engine.jobs])
            number = keys.index(what)
            if kind == "complete":
                engine.complete_job(number, values)
            else:
                engine.fail_job(number, "no", retryable=values)
        elif kind == "task":
            engine.complete_task(what, values)
        elif kind == "signal":
            engine.signal(what, values)
        elif kind == "retry":
            engine.retry(what, values)
        elif kind == "cancel":
            engine.cancel("stop")
        else:
            for timer in [timer for timer in engine.timers if timer.due == what]:
                engine.fire(timer)


@dataclass
class MachineSide:
    """The pure machine of the dev engine."""

    document: dict[str, Any]
    version: str
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self._definition = definition_from_document(self.document, engine_rules(self.version))
        self.world = started(self._definition, STARTED_WITH)

    def state(self) -> State:
        world, instance = self.world, self.world.instance
        return {
            "status": str(instance.status),
            "current": list(instance.current_step_ids),
            "variables": dict(instance.variables.values),
            "reason": instance.failure_reason,
            "ended": instance.completed_ns is not None,
            "history": sorted(
                (e.step_id, e.attempt, str(e.status), e.failure_reason) for e in world.executions
            ),
            "jobs": [(j.step_id, j.attempt, j.retries_remaining, str(j.status)) for j in world.jobs],
            "tasks": sorted((task.step_id, task.attempt) for task in world.user_tasks),
            "timers": sorted((t.step_id, t.attempt, t.fires_ns // MINUTE_NS) for t in world.timers),
        }

    def do(self, move: Move) -> int:
        try:
            for event in self._events(*move):
                self.world = apply(self._definition, self.world, event)
        except Refused as refused:
            return refused.status
        return 204

    def _events(self, kind: str, what: Any = None, values: Any = None) -> list[Event]:
        if kind == "timer":
            # A step that is open twice may have two of one moment.
            due = [timer for timer in self.world.timers if timer.fires_ns == what * MINUTE_NS]
            return [FireTimer(timer.id) for timer in due]
        return [self._event(kind, what, values)]

    def _event(self, kind: str, what: Any, values: Any) -> Event:
        changes = Variables(values=values if isinstance(values, dict) else {})
        if kind in ("complete", "fail"):
            keys = job_keys([(job.step_id, job.attempt) for job in self.world.jobs])
            job_id = self.world.jobs[keys.index(what)].id
            return CompleteJob(job_id, changes) if kind == "complete" else FailJob(job_id, "no", values)
        if kind == "cancel":
            return CancelInstance("stop")
        named = {"task": CompleteUserTask, "signal": Signal, "retry": RetryStep}
        return named[kind](what, changes)


class HttpSide:
    """An engine behind its REST interface; a dev engine driven by hand, or a real one where no timer is used."""

    def __init__(self, document: dict[str, Any], url: str, *, clock: DevEngine | None = None) -> None:
        run = f"walk-{next(_RUNS)}-{time.time_ns()}"
        steps = [
            {**step, "jobType": f"{run}-{step['jobType']}"} if "jobType" in step else step
            for step in document["steps"]
        ]
        self._types = [step["jobType"] for step in steps if "jobType" in step]
        self._clock, self._now = clock, 0
        self._client = RestEngineClient(url)
        self._client.upload_definition({**document, "id": run, "steps": steps})
        self._id = self._client.start_instance(run, STARTED_WITH)["id"]
        self._jobs: dict[tuple[str, int], list[str]] = {}

    def close(self) -> None:
        self._client.close()

    def state(self) -> State:
        instance = self._client.get_instance(self._id)
        history = self._client.get_instance_history(self._id)
        self._lease_all({row["id"]: (row["stepId"], row["attemptNumber"]) for row in history})
        return {
            "status": instance["status"],
            "current": instance["currentStepIds"],
            "variables": instance["variables"],
            "reason": instance.get("failureReason"),
            "ended": "completedAt" in instance,
            "history": sorted(
                (row["stepId"], row["attemptNumber"], row["status"], row["failureReason"]) for row in history
            ),
        }

    def _lease_all(self, executions: dict[str, tuple[str, int]]) -> None:
        while self._types and (jobs := self._client.poll_jobs("walk", self._types, 50)):
            for job in jobs:
                known = self._jobs.setdefault(executions[job["stepExecutionId"]], [])
                if job["id"] not in known:
                    known.append(job["id"])

    def do(self, move: Move) -> int:
        kind, *rest = move
        if kind == "timer":
            assert self._clock is not None
            self._clock.advance(minutes=rest[0] - self._now)
            self._now = rest[0]
            return 204
        path, body = self._request(kind, *rest)
        status = self._client.request("POST", path, json=body).status_code
        # Some answers show the instance.
        return 204 if status == 200 else status

    def _request(self, kind: str, what: Any = None, values: Any = None) -> tuple[str, State]:
        if kind in ("complete", "fail"):
            step, attempt, number = what
            report = (
                {"variables": values} if kind == "complete" else {"errorMessage": "no", "retryable": values}
            )
            return f"/v1/jobs/{self._jobs[step, attempt][number]}/{kind}", {"workerId": "walk", **report}
        instance = f"/v1/instances/{self._id}"
        if kind == "cancel":
            return f"{instance}/cancel", {"reason": "stop"}
        if kind == "signal":
            return f"{instance}/signals/{what}", values
        route = {"task": "user-tasks/{}/complete", "retry": "steps/{}/retry"}[kind]
        return f"{instance}/{route.format(what)}", {"variables": values}


_RUNS = itertools.count()


def walk(sides: Sequence[Side], rng: random.Random, version: str, *, length: int = 10) -> list[Move]:
    """Do the same random events on all sides; the events. Raises AssertionError where the sides differ."""
    trail: list[Move] = []
    first = agreed([side.state() for side in sides], trail)
    for _ in range(length):
        moves = _moves(first, version)
        if not moves:
            break
        move = rng.choice(moves)
        trail.append(move)
        agreed([side.do(move) for side in sides], trail)
        first = agreed([side.state() for side in sides], trail)
    return trail


def agreed(found: list[Any], trail: list[Move]) -> Any:
    """What all sides say, as far as they show it; the first shows everything."""
    first = found[0]
    for other in found[1:]:
        if isinstance(other, dict):
            differ = {key: (first[key], other[key]) for key in other if first[key] != other[key]}
            assert not differ, f"after {trail}: {differ}"
        else:
            assert other == first, f"after {trail}: answered {first} and {other}"
    return first


def job_keys(executions: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """What tells the jobs of these executions apart: step, attempt, and the number within the execution."""
    return [(*execution, executions[:index].count(execution)) for index, execution in enumerate(executions)]


def _moves(state: State, version: str) -> list[Move]:
    """What can be sent: what there is to do, and a little of what nobody should send."""
    moves: list[Move] = []
    keys = job_keys([job[:2] for job in state["jobs"]])
    for key, (*_, status) in zip(keys, state["jobs"], strict=True):
        # What is done is reported again now and then.
        weight = 4 if status == "OFFERED" else 1
        moves += [("complete", key, {"a": 1}), ("complete", key, {"a": 3})] * weight
        moves += [("fail", key, True), ("fail", key, False)] * (weight // 2 or 1)
    open_steps = {step for step, _ in state["tasks"]} | set(state["current"])
    moves += [("task", step, {"a": 3}) for step, _ in state["tasks"]] * 3
    moves += [("signal", step, {"a": 3}) for step in sorted(open_steps)] * 2
    moves += [("timer", min(due for *_, due in state["timers"]))] * 4 if state["timers"] else []
    moves += [("cancel",)] if state["status"] in ("ACTIVE", "WAITING") else []
    if engine_rules(version).step_retry:
        failed = {row[0] for row in state["history"] if row[2] == "FAILED"}
        moves += [("retry", step, {"a": 3}) for step in sorted(failed)] * 3
    return moves
