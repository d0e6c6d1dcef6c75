"""What follows when a handler has failed its job: one record, and the registry's own hooks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

from workflow_sdk.errors import NonRetryableError, WorkflowSDKError
from workflow_sdk.handler.handler import Handler
from workflow_sdk.handler.job_hooks import OnFailure
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed

log = logging.getLogger("workflow_sdk.runner")


def is_final(item: InFlight, outcome: Failed) -> bool:
    """Whether the engine will not try again."""
    if item.is_overtaken:
        return False
    return not outcome.retryable or item.claim.retries_remaining <= 0


def log_failure(item: InFlight, outcome: Failed, *, attempt: int) -> None:
    """One record for each failed attempt: WARNING where the engine tries again, ERROR where it does not.

    `attempt` counts those of this worker, which is all of them unless others have tried.
    """
    claim, final = item.claim, is_final(item, outcome)
    if item.is_overtaken:
        what = "after somebody else had failed this attempt, which is not reported a second time"
    elif final:
        what = "for good" if not outcome.retryable else f"at its last attempt, {attempt} of {attempt}"
    else:
        what = f"at attempt {attempt} of {attempt + claim.retries_remaining}, the engine tries again"
    log.log(
        logging.ERROR if final else logging.WARNING,
        "%s job %s of instance %s failed %s: %s",
        claim.job_type,
        claim.job_id,
        claim.instance_id,
        what,
        outcome.message,
        exc_info=item.error,
        extra={
            "job_id": claim.job_id,
            "job_type": claim.job_type,
            "instance_id": claim.instance_id,
            "attempt": attempt,
            "final": final,
        },
    )


def only_failing(handler: Handler, failure: Failed) -> Handler:
    """In the place of a handler whose job has failed elsewhere: its on_failure hooks are called as ever."""
    error = (WorkflowSDKError if failure.retryable else NonRetryableError)(failure.message)

    def fail(job: object) -> None:
        raise error

    return replace(handler, callable=fail, hooks=replace(handler.hooks, around=[]))


def failure_calls(
    item: InFlight, outcome: Failed
) -> Iterator[Callable[[], Coroutine[Any, Any, None] | None]]:
    """The calls of the registry's on_failure hooks, to be made where the handler ran; they raise nothing."""
    final = is_final(item, outcome)
    error = item.error or WorkflowSDKError(outcome.message)
    for hook in item.handler.hooks.on_failure:
        yield lambda hook=hook: _call(hook, item, error=error, final=final)  # type: ignore[misc]


def _call(
    hook: OnFailure, item: InFlight, *, error: BaseException, final: bool
) -> Coroutine[Any, Any, None] | None:
    try:
        result = hook(item.current.job, error, final)
    except BaseException:  # the other hooks are called all the same
        log.exception("the on_failure hook %s failed", getattr(hook, "__qualname__", hook))
        return None
    return _awaited(hook, result) if inspect.isawaitable(result) else None


async def _awaited(hook: OnFailure, result: Awaitable[Any]) -> None:
    try:
        await result
    except asyncio.CancelledError:
        raise
    except BaseException:  # SystemExit in a task would end the loop
        log.exception("the on_failure hook %s failed", getattr(hook, "__qualname__", hook))
