"""Play a run that a search has found on an engine, event by event, and see that the engine does the same."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, HandClock
from rochallor_cli.documents.reading import read_document
from rochallor_cli.verification.traces import TraceEvent
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError

WORKER = "verify"
# A real engine looks at its timers every 5 s.
_TIMER_LATE_S = 6.0
_LONGEST_WAIT_S = 600.0
# A run may take days by the engine's clock; nobody else holds these jobs.
_LEASE_S = 1e9


class NotPlayable(Exception):  # noqa: N818 - a fact about the run
    """The run cannot be played; the text says why."""


def replay_embedded(
    document: Mapping[str, Any], trace: Sequence[TraceEvent], *, version: str, coercion: bool
) -> str:
    """Play it on an embedded engine; empty when it does the same, else where it differs. Raises NotPlayable."""
    config = DevEngineConfig(
        port=0, clock=HandClock(), seed=0, lease_s=_LEASE_S, engine_version=version, coercion=coercion
    )
    with _quiet(), DevEngine(config) as engine, RestEngineClient(engine.url) as client:
        return Replay(client, document, wait=lambda seconds: engine.advance(seconds)).play(trace)


@contextmanager
def _quiet() -> Iterator[None]:
    """The engine's own warnings would only say again what the finding says."""
    log = logging.getLogger("rochallor_cli.dev_engine")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def replay_on(client: RestEngineClient, document: Mapping[str, Any], trace: Sequence[TraceEvent]) -> str:
    """As `replay_embedded`, on an engine of yours, in real time: timers are waited for."""
    longest = max((event.at for event in trace), default=0.0)
    if longest > _LONGEST_WAIT_S:
        raise NotPlayable(f"it waits {longest:.0f} s for timers; make them shorter to see it")
    return Replay(client, document, wait=time.sleep, timers_are_late=True).play(trace)


class RunReplay:
    """Plays runs that `defs verify -o json` has found on an engine with a hand-driven clock: for tests."""

    def __init__(self, engine: DevEngine, client: RestEngineClient) -> None:
        self._engine = engine
        self._client = client

    def __call__(
        self, definition: Mapping[str, Any] | str | Path, trace: Sequence[Mapping[str, Any]]
    ) -> None:
        """The run from its start. AssertionError says where the engine does otherwise, NotPlayable why it cannot be.

        definition: a document or the path of one; trace: a finding's `trace`.
        """
        if isinstance(definition, Mapping):
            document = definition
        else:
            document = read_document(str(definition), sys.stdin).value
        events = [TraceEvent.from_json(event) for event in trace]
        differs = Replay(self._client, document, wait=lambda seconds: self._engine.advance(seconds)).play(
            events
        )
        if differs:
            raise AssertionError(differs)


class Replay:
    """Plays the events of a run one after the other, under an id and job types of its own.

    as_written: under those of the document instead; for an engine that nobody else works for.
    """

    def __init__(
        self,
        client: RestEngineClient,
        document: Mapping[str, Any],
        *,
        wait: Callable[[float], None],
        timers_are_late: bool = False,
        as_written: bool = False,
    ) -> None:
        self._client = client
        # Job types of its own: no worker takes part.
        self._prefix = f"verify-{time.time_ns()}"
        self._wait = wait
        self._late_s = _TIMER_LATE_S if timers_are_late else 0.0
        self._document = dict(document) if as_written else self._with_own_types(document)
        self._types = [step["jobType"] for step in self._document["steps"] if step.get("jobType")]
        # Job by step execution, and the step of each: the latest offer counts.
        self._jobs: dict[str, tuple[str, str]] = {}
        self._now = 0.0
        self.instance_id = ""

    def _with_own_types(self, document: Mapping[str, Any]) -> dict[str, Any]:
        steps = [
            {**step, "jobType": f"{self._prefix}-{step['jobType']}"} if step.get("jobType") else dict(step)
            for step in document["steps"]
        ]
        own: dict[str, Any] = {**document, "id": self._prefix, "steps": steps}
        # What follows the workflow is no part of the run.
        for name in ("version", "autoStartNextWorkflow", "nextWorkflowId"):
            own.pop(name, None)
        return own

    def play(self, trace: Sequence[TraceEvent]) -> str:
        for event in trace:
            if not event.is_playable:
                what = f"values for {'; '.join(event.choice)}" if event.choice else "values or times for it"
                raise NotPlayable(f"nobody knows {what}")
        self._client.upload_definition(self._document)
        for number, event in enumerate(trace, start=1):
            found = self._do(event)
            is_refused = event.status.isdigit()
            wanted = event.status if is_refused else _standing_text(event.status, event.open_steps or ())
            if event.open_steps is None:
                found = found.partition(" at ")[0]
            if found != wanted:
                return f"event {number} ({event.event} {event.step}): {wanted} was expected, it is {found}"
        return ""

    def _do(self, event: TraceEvent) -> str:
        """The status and current steps afterwards, or the status of a refusal."""
        if event.at > self._now:
            self._wait(event.at - self._now + (self._late_s if event.event == "timer" else 0.0))
            self._now = event.at
        try:
            self._send(event)
        except EngineClientError as error:
            return str(error.status_code)
        instance = self._client.get_instance(self.instance_id)
        return _standing_text(str(instance["status"]), instance["currentStepIds"] or [])

    def _send(self, event: TraceEvent) -> None:
        variables = dict(event.variables)
        if event.event == "start":
            self.instance_id = str(self._client.start_instance(self._document["id"], variables)["id"])
        elif event.event == "task":
            self._client.complete_user_task(event.step, WORKER, variables, instance_id=self.instance_id)
        elif event.event == "signal":
            self._client.signal(self.instance_id, event.step, variables)
        elif event.event == "job":
            self._client.complete_job(self._job_of(event.step), WORKER, variables)
        elif event.event == "fail":
            self._client.fail_job(self._job_of(event.step), WORKER, "failed for good", retryable=False)

    def _job_of(self, step: str) -> str:
        """The oldest job of a step that nobody has done yet."""
        steps = {row["id"]: row["stepId"] for row in self._client.get_instance_history(self.instance_id)}
        for job in self._client.poll_jobs(WORKER, self._types, 100) if self._types else ():
            execution = str(job["stepExecutionId"])
            self._jobs[execution] = (str(job["id"]), str(steps.get(execution, "")))
        for execution, (job_id, of_step) in self._jobs.items():
            if of_step == step:
                del self._jobs[execution]
                return job_id
        raise NotPlayable(f'the engine offers no job of "{step}"')


def _standing_text(status: str, current: Sequence[str]) -> str:
    """Current steps have no order here: that of the engine does not matter."""
    return f"{status} at {', '.join(sorted(current))}" if current else status
