"""Calling a handler: in a thread or as a coroutine, so that nothing it does comes through but an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from threading import get_ident
from time import monotonic
from typing import Any

from workflow_sdk.job import enter_job
from workflow_sdk.runner.handlers.tracing import handler_span
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import (
    Outcome,
    awaitable_in,
    outcome_of_error,
    outcome_of_result,
    timed_out,
)


def call_in_thread(item: InFlight) -> None:
    """Run a plain handler; leaves its outcome, or the awaitable it returned, in `item`."""
    item.thread_id = get_ident()
    item.began = monotonic()
    enter_job(item.current)
    with handler_span(item):
        try:
            result = item.handler.callable(item.current.job)
            item.awaitable = awaitable_in(result)
            if item.awaitable is None:
                item.outcome = outcome_of_result(result, handler_name=item.handler.name)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a handler harms its own job only
            item.outcome = _failed(item, error)
    enter_job(None)
    if item.awaitable is None:
        item.ended = monotonic()
        item.thread_id = 0


async def call_as_coroutine(item: InFlight) -> None:
    """Run an async handler, or what a plain one returned; leaves its outcome in `item`."""
    item.began = item.began or monotonic()
    enter_job(item.current)
    with handler_span(item):
        try:
            result = await _within_timeout(item)
            item.outcome = outcome_of_result(result, handler_name=item.handler.name)
        except GeneratorExit:
            raise  # the loop is being taken down
        except BaseException as error:  # noqa: BLE001 - SystemExit in a task would end the loop
            item.outcome = _failed(item, error)
    item.ended = monotonic()


async def _within_timeout(item: InFlight) -> Any:
    """TimeoutError only from our own time-out ends up as `timed_out`; a handler's own is its failure."""
    timeout_s = item.handler.timeout_s
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            return await _awaitable(item)
    except TimeoutError:
        if limit.expired() and timeout_s is not None:
            raise _RanTooLongError(timeout_s) from None
        raise


def _awaitable(item: InFlight) -> Awaitable[Any]:
    if item.awaitable is not None:
        return item.awaitable
    made: Awaitable[Any] = item.handler.callable(item.current.job)
    return made


class _RanTooLongError(Exception):
    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(f"ran longer than {timeout_s:g} s")


def _failed(item: InFlight, error: BaseException) -> Outcome:
    item.error = error
    return timed_out(error.timeout_s) if isinstance(error, _RanTooLongError) else outcome_of_error(error)
