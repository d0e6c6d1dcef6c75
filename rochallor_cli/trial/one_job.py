"""One handler on one job, without an engine: what a worker would do with it, but nothing is reported."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.handler_modules.sequential_handlers import JobRun, SequentialHandlers
from rochallor_cli.handler_modules.user_traceback import user_traceback
from workflow_sdk.handler.registry import Handler, HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.job.outcome import Failed, Outcome

NO_ID = "TRIAL000000000000000000000"


@dataclass(frozen=True)
class TrialResult:
    """What came of it: `outcome` as JSON carries it, and the handler's own traceback when it raised."""

    outcome: dict[str, Any]
    traceback: list[str]

    @property
    def completed(self) -> bool:
        return bool(self.outcome["outcome"] == "completed")


def run_once(registry: HandlerRegistry, handler: Handler, item: Mapping[str, Any]) -> TrialResult:
    """Run the handler on a job in the engine's form (only `variables` is needed), hooks before and after.

    The outcome: outcome (completed or failed), variables or error and retryable, ranMs. Raises
    InvalidDocumentError when a hook raises.
    """
    ids = {"id": NO_ID, "instanceId": NO_ID, "stepExecutionId": NO_ID, "retriesRemaining": 0}
    job = job_from_poll({**ids, **item, "jobType": handler.job_type})
    try:
        with SequentialHandlers(registry) as thread:
            started = perf_counter()
            run, outcome = thread.run(handler, CurrentJob(job), until=monotonic() + threading.TIMEOUT_MAX)
            ran_ms = round((perf_counter() - started) * 1000, 3)
    except Exception as error:  # noqa: BLE001 - hooks are the user's code: whatever they raise is theirs
        raise InvalidDocumentError(
            "a start-up or shutdown hook raised", details=user_traceback(error)
        ) from None
    return TrialResult(_as_json(run, outcome, ran_ms), user_traceback(run.error) if run.error else [])


def _as_json(run: JobRun, outcome: Outcome | None, ran_ms: float) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        found = {"outcome": "failed", "error": outcome.message, "retryable": outcome.retryable}
    else:
        found = {"outcome": "completed", "variables": run.result or {}}
    return {**found, "ranMs": ran_ms}
