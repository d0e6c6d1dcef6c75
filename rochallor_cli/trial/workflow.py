"""Run a workflow with its handlers, step by step, without waiting: for the tests of handler authors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rochallor_cli.definitions.files import read_definition
from rochallor_cli.dev_engine import DevEngine
from rochallor_cli.handler_modules.sequential_handlers import JobRun, SequentialHandlers
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.job.outcome import Completed

WORKER_ID = "run_workflow"
MAX_MOVES = 1_000

GivenVariables = Mapping[str, Any]
# What completes a user task or a signal: always the same, one for each time, or made from the variables.
Reply = GivenVariables | Sequence[GivenVariables] | Callable[[dict[str, Any]], GivenVariables]
_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


class WorkflowRunError(AssertionError):
    """The workflow did not come to rest; the text holds its history."""


@dataclass
class WorkflowRun:
    """An instance that was run until it finished or came to rest.

    instance and history are as the engine gives them; jobs are the handlers' runs in their order.
    """

    definition: dict[str, Any]
    instance: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[JobRun] = field(default_factory=list)
    _proceed: Callable[..., None] = field(default=lambda: None, repr=False)

    @property
    def id(self) -> str:
        return str(self.instance["id"])

    @property
    def status(self) -> str:
        return str(self.instance["status"])

    @property
    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = self.instance["variables"]
        return found

    @property
    def failure_reason(self) -> str | None:
        return self.instance.get("failureReason")

    @property
    def open_steps(self) -> list[str]:
        """The steps on which the instance rests."""
        return [] if self.status in _ENDED else list(self.instance["currentStepIds"])

    @property
    def steps(self) -> list[str]:
        """The ids of the steps that were entered, in their order."""
        return [str(execution["stepId"]) for execution in self.history]

    def proceed(
        self, *, user_tasks: Mapping[str, Reply] | None = None, signals: Mapping[str, Reply] | None = None
    ) -> WorkflowRun:
        """Go on, for instance after the clock was moved; the run itself is brought up to date."""
        self._proceed(user_tasks=user_tasks, signals=signals)
        return self

    def __str__(self) -> str:
        return described(self)


def described(run: WorkflowRun) -> str:
    """The instance with its history, one line each."""
    reason = f": {run.failure_reason}" if run.failure_reason else ""
    lines = [f"{run.definition['id']} {run.id} {run.status}{reason}", f"  variables {run.variables}"]
    for execution in run.history:
        failed = f"  {execution['failureReason']}" if execution.get("failureReason") else ""
        lines.append(
            f"  {execution['stepId']}#{execution['attemptNumber']}  {execution['stepType']}  "
            f"{execution['status']}{failed}"
        )
    lines += [f"  handler {job.job_type} failed: {job.failure}" for job in run.jobs if job.failure]
    return "\n".join(lines)


class WorkflowRunner:
    """Runs workflows on a dev engine, handlers one after the other, in the order of their jobs."""

    def __init__(self, engine: DevEngine, client: RestEngineClient) -> None:
        self._engine = engine
        self._client = client

    def __call__(
        self,
        definition: Mapping[str, Any] | str | Path,
        registry: HandlerRegistry,
        variables: GivenVariables | None = None,
        *,
        user_tasks: Mapping[str, Reply] | None = None,
        signals: Mapping[str, Reply] | None = None,
        business_key: str | None = None,
        timeout_s: float = 60.0,
        max_moves: int = MAX_MOVES,
    ) -> WorkflowRun:
        """Upload, start, and run until the instance has finished or only the outside can move it.

        definition: a document, or the path of a JSON or YAML file. user_tasks, signals: what to
        complete open user tasks and waits with, by step id; without an entry they stay open.
        Raises WorkflowRunError when it is not at rest after timeout_s seconds or max_moves moves,
        and when a job is open for whose type the registry has no handler.
        """
        document = _document(definition)
        self._client.upload_definition(document)
        instance = self._client.start_instance(
            document["id"], dict(variables or {}), business_key=business_key
        )
        run = WorkflowRun(document, instance)
        journey = _Journey(
            self._engine, self._client, registry=registry, run=run, timeout_s=timeout_s, max_moves=max_moves
        )
        run._proceed = journey.go
        journey.go(user_tasks=user_tasks, signals=signals)
        return run


class _Journey:
    """One instance on its way, from rest to rest."""

    def __init__(
        self,
        engine: DevEngine,
        client: RestEngineClient,
        *,
        registry: HandlerRegistry,
        run: WorkflowRun,
        timeout_s: float,
        max_moves: int,
    ) -> None:
        self._engine = engine
        self._client = client
        self._registry = registry
        self._run = run
        self._timeout_s = timeout_s
        self._max_moves = max_moves
        self._types = {step["id"]: step["type"] for step in run.definition["steps"]}

    def go(
        self, *, user_tasks: Mapping[str, Reply] | None = None, signals: Mapping[str, Reply] | None = None
    ) -> None:
        """Move until nothing moves any more."""
        replies = _Replies({"USER_TASK": user_tasks or {}, "WAIT": signals or {}})
        with SequentialHandlers(self._registry) as handlers:
            self._move(replies, handlers, time.monotonic() + self._timeout_s)

    def _move(self, replies: _Replies, handlers: SequentialHandlers, give_up: float) -> None:
        for _ in range(self._max_moves):
            # Chained workflows start without the clock being moved.
            self._engine.advance(0)
            self._look()
            if self._run.status in _ENDED:
                return
            if not self._do_job(handlers, give_up) and not self._reply(replies):
                self._refuse_unserved_jobs()
                return
            if time.monotonic() > give_up:
                raise self._stuck(f"not at rest after {self._timeout_s:g} s")
        raise self._stuck(f"not at rest after {self._max_moves} moves; does it loop?")

    def _look(self) -> None:
        self._run.instance = self._client.get_instance(self._run.id)
        self._run.history = self._client.get_instance_history(self._run.id)

    def _do_job(self, handlers: SequentialHandlers, give_up: float) -> bool:
        job_types = self._registry.job_types()
        polled = self._client.poll_jobs(WORKER_ID, job_types, 1) if job_types else []
        if not polled:
            return False
        job = job_from_poll(polled[0])
        handler = self._registry.find(job.job_type)
        assert handler is not None, "only registered types are polled"
        done, outcome = handlers.run(handler, CurrentJob(job), until=give_up)
        self._run.jobs.append(done)
        if isinstance(outcome, Completed):
            self._client.complete_job(job.job_id, WORKER_ID, outcome.variables)
        elif outcome is None:
            raise self._stuck(f"the handler of {job.job_type!r} is still running after {self._timeout_s:g} s")
        else:
            self._client.fail_job(job.job_id, WORKER_ID, outcome.message, outcome.retryable)
        return True

    def _reply(self, replies: _Replies) -> bool:
        for step_id in self._run.open_steps:
            step_type = self._types.get(step_id, "")
            reply = replies.take(step_type, step_id, self._run.variables)
            if reply is None:
                continue
            if step_type == "USER_TASK":
                self._client.complete_user_task(step_id, WORKER_ID, reply, instance_id=self._run.id)
            else:
                self._client.signal(self._run.id, step_id, reply)
            return True
        return False

    def _refuse_unserved_jobs(self) -> None:
        running = {e["stepId"] for e in self._run.history if e["status"] == "RUNNING"}
        for step in self._run.definition["steps"]:
            job_type = step.get("jobType")
            is_open = step["type"] == "SERVICE_TASK" and step["id"] in running
            if is_open and self._registry.find(job_type) is None:
                raise self._stuck(
                    f"no handler is registered for job type {job_type!r} of step {step['id']!r}"
                )

    def _stuck(self, why: str) -> WorkflowRunError:
        self._look()
        return WorkflowRunError(f"{why}\n{described(self._run)}")


class _Replies:
    """What user tasks and signals are answered with."""

    def __init__(self, by_type: Mapping[str, Mapping[str, Reply]]) -> None:
        self._by_type = by_type
        self._used: dict[str, int] = {}

    def take(self, step_type: str, step_id: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        reply = self._by_type.get(step_type, {}).get(step_id)
        if reply is None or isinstance(reply, Mapping):
            return None if reply is None else dict(reply)
        if callable(reply):
            return dict(reply(variables))
        used = self._used.get(step_id, 0)
        self._used[step_id] = used + 1
        return dict(reply[used]) if used < len(reply) else None


def _document(definition: Mapping[str, Any] | str | Path) -> dict[str, Any]:
    if isinstance(definition, Mapping):
        return {name: value for name, value in definition.items() if name != "version"}
    found = read_definition(str(definition), sys.stdin).value
    return {name: value for name, value in found.items() if name != "version"}
