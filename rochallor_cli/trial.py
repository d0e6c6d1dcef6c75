"""One handler on one job, without an engine: exactly what a worker would do with it, but nothing is reported."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from workflow_sdk.handler.registry import Handler, HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.claim import claim_of
from workflow_sdk.runner.handler_call import call_as_coroutine, call_in_thread
from workflow_sdk.runner.in_flight import InFlight
from workflow_sdk.runner.outcome import Completed

NO_ID = "TRIAL000000000000000000000"


def run_once(registry: HandlerRegistry, handler: Handler, item: Mapping[str, Any]) -> dict[str, Any]:
    """Run the handler on a job in the engine's form (only `variables` is needed).

    → outcome (completed or failed), variables or error and retryable, ranMs.
    """
    job = job_from_poll(
        {
            "id": NO_ID,
            "instanceId": NO_ID,
            "stepExecutionId": NO_ID,
            "retriesRemaining": 0,
            **item,
            "jobType": handler.job_type,
        }
    )
    flight = InFlight(claim_of(job), handler, CurrentJob(job), monotonic())
    asyncio.run(_run(registry, flight))
    ran_ms = round(flight.ran_s() * 1000, 3)
    if isinstance(flight.outcome, Completed):
        return {"outcome": "completed", "variables": flight.outcome.variables, "ranMs": ran_ms}
    assert flight.outcome is not None, "a handler that has run leaves an outcome"
    return {
        "outcome": "failed",
        "error": flight.outcome.message,
        "retryable": flight.outcome.retryable,
        "ranMs": ran_ms,
    }


async def _run(registry: HandlerRegistry, flight: InFlight) -> None:
    for hook in registry.startup_hooks():
        await _called(hook)
    try:
        if not flight.handler.is_async:
            await asyncio.to_thread(call_in_thread, flight)
        if flight.outcome is None:
            await call_as_coroutine(flight)
    finally:
        for hook in registry.shutdown_hooks():
            await _called(hook)


async def _called(hook: Callable[[], Any]) -> None:
    result = hook()
    if inspect.isawaitable(result):
        await result
