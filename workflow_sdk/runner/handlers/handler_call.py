"""Calling a handler: in a thread or as a coroutine, so that nothing it does comes through but an outcome."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import Awaitable
from contextlib import AsyncExitStack, ExitStack, suppress
from contextvars import Context
from threading import get_ident
from typing import Any

from workflow_sdk.errors import ReleaseJobError
from workflow_sdk.job import enter_job
from workflow_sdk.runner.handlers.failure_log import failure_calls
from workflow_sdk.runner.handlers.supervision import supervision
from workflow_sdk.runner.handlers.tracing import handler_span
from workflow_sdk.runner.job.in_flight import SOON_S, InFlight
from workflow_sdk.runner.job.outcome import (
    NOTHING,
    Failed,
    Outcome,
    awaitable_in,
    meant_in,
    outcome_of_error,
    outcome_of_result,
    timed_out,
)

log = logging.getLogger("workflow_sdk.runner")


def call_in_thread(item: InFlight) -> None:
    """Run a plain handler; leaves its outcome, or the awaitable it returned, in `item`.

    In a context of its own: what a job sets in context variables (decimal's settings are some) is not the next one's.
    """
    context_of(item).run(_call_in_thread, item)


def run_to_its_end(item: InFlight, runner: asyncio.Runner) -> None:
    """Run a plain or an async handler here and now, for whoever has one thread and runs one job after the other.

    A handler may stop the loop, cancel its own task or end with SystemExit in a callback: the loop goes on, as that of
    a worker does.
    """
    if not item.handler.is_async:
        call_in_thread(item)
    if item.outcome is not None or item.released_s is not None:
        return
    loop = runner.get_loop()
    factory, handler = loop.get_task_factory(), loop.get_exception_handler()
    # Made by no factory that a handler may have set.
    task = asyncio.Task(call_as_coroutine(item), loop=loop, context=context_of(item))
    while not task.done() and not loop.is_closed():
        with suppress(BaseException):
            loop.run_until_complete(task)
    loop.set_task_factory(factory)
    loop.set_exception_handler(handler)
    if item.outcome is None and item.released_s is None:
        item.outcome = _failed(item, asyncio.CancelledError("cancelled before it began"))


def context_of(item: InFlight) -> Context:
    """The context of this run, empty at its beginning."""
    if item.context is None:
        item.context = Context()
    return item.context


def _call_in_thread(item: InFlight) -> None:
    item.thread_id = get_ident()
    _begin(item)
    try:
        with handler_span(item):
            _run_in_thread(item)
    except BaseException as error:  # noqa: BLE001 - a tracer is not ours
        item.outcome = item.outcome or _failed(item, error)
    _leave_if_forked(item)
    if item.awaitable is None:
        _end(item)
        item.thread_id = 0


def _run_in_thread(item: InFlight) -> None:
    try:
        if item.handler.hooks.around:
            _call_within_hooks(item)
        else:
            _call(item)
    except BaseException as error:  # noqa: BLE001 - sys.exit in a handler harms its own job only
        item.awaitable, item.outcome = None, _failed(item, error)
    if isinstance(item.outcome, Failed):
        for call in failure_calls(item, item.outcome):
            if (awaitable := call()) is not None:
                asyncio.run(awaitable)


def _call(item: InFlight) -> None:
    handler = item.handler
    result = handler.callable(item.current.job)
    item.awaitable = awaitable_in(result)
    if item.awaitable is None:
        item.outcome = outcome_of_result(result, handler_name=handler.name)


def _call_within_hooks(item: InFlight) -> None:
    with ExitStack() as around:
        for hook in item.handler.hooks.around:
            around.enter_context(hook(item.current.job))
        _call(item)
        if item.awaitable is not None:
            item.around = around.pop_all()
    if item.awaitable is None and item.outcome is None:
        item.outcome = NOTHING  # a hook around it has taken its exception


async def call_as_coroutine(item: InFlight) -> None:
    """Run an async handler, or what a plain one returned, in a task whose context is `context_of(item)`.

    Leaves its outcome in `item`, also for a GeneratorExit: whoever takes the loop down has no use for it.
    """
    _begin(item)
    try:
        with handler_span(item):
            await _run_as_coroutine(item)
    except BaseException as error:  # noqa: BLE001 - a tracer is not ours; the task must not end with an exception
        item.outcome = item.outcome or _failed(item, error)
    _leave_if_forked(item)
    _end(item)


async def _run_as_coroutine(item: InFlight) -> None:
    try:
        result = await _within_timeout(item)
        item.outcome = outcome_of_result(result, handler_name=item.handler.name)
    except BaseException as error:  # noqa: BLE001 - SystemExit in a task would end the loop
        item.outcome = _failed(item, error)
    if isinstance(item.outcome, Failed):
        for call in failure_calls(item, item.outcome):
            if (awaitable := call()) is not None:
                await awaitable


def _begin(item: InFlight) -> None:
    item.process_id = os.getpid()
    enter_job(item.current)
    if item.began:
        return  # a plain handler has returned what is now awaited
    item.began = item.clock()
    if (watched := supervision()) is not None:
        watched.began(item)


def _leave_if_forked(item: InFlight) -> None:
    """A handler that forked may return in the child: its results are not ours, our locks may never be free there."""
    if os.getpid() != item.process_id:
        os._exit(0)


def _end(item: InFlight) -> None:
    item.ended = item.clock()
    item.context = None
    if (watched := supervision()) is not None:
        watched.ended(item)


async def _within_timeout(item: InFlight) -> Any:
    """TimeoutError only from our own time-out ends up as `timed_out`; a handler's own is its failure."""
    timeout_s = item.handler.timeout_s
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit, AsyncExitStack() as around:
            await _enter(around, item)
            return await _awaitable(item)
    except TimeoutError:
        if limit.expired() and timeout_s is not None:
            raise _RanTooLongError(timeout_s) from None
        raise


async def _enter(around: AsyncExitStack, item: InFlight) -> None:
    if item.around is not None:
        around.push(item.around)  # entered before the plain handler that returned what is now awaited
        item.around = None
        return
    for hook in item.handler.hooks.around:
        manager = hook(item.current.job)
        if hasattr(manager, "__aenter__"):
            await around.enter_async_context(manager)
        else:
            around.enter_context(manager)


def _awaitable(item: InFlight) -> Awaitable[Any]:
    if item.awaitable is not None:
        return item.awaitable
    made: Awaitable[Any] = item.handler.callable(item.current.job)
    return made


class _RanTooLongError(Exception):
    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(f"ran longer than {timeout_s:g} s")


def _failed(item: InFlight, error: BaseException) -> Outcome | None:
    """None where the job is given back."""
    meant = meant_in(error)
    if isinstance(meant, ReleaseJobError):
        item.released_s = _delay_s(meant)
        return None
    if isinstance(error, _RanTooLongError):
        item.error = TimeoutError(str(error))
        return timed_out(error.timeout_s)
    item.error = error
    return outcome_of_error(error)


def _delay_s(given: ReleaseJobError) -> float:
    """Seconds; 0 for no delay. One that is no time is said and left out: to give a job back never fails it."""
    delay = given.delay
    if delay is None:
        return 0.0
    try:
        if math.isfinite(delay):
            return max(delay, SOON_S)
    except (TypeError, OverflowError):
        pass
    log.warning("a job was given back with a delay of %.100r, which is no number of seconds: left out", delay)
    return 0.0
