"""Run handlers one after the other, as a worker would, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from workflow_sdk.handler.registry import Handler, HandlerRegistry
from workflow_sdk.job import CurrentJob, Job
from workflow_sdk.runner.handlers.handler_call import run_to_its_end
from workflow_sdk.runner.handlers.hooks import call_hook
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed, Outcome


@dataclass(frozen=True)
class JobRun:
    """One run of a handler: what it was given, and what came of it."""

    job: Job
    result: dict[str, Any] | None
    error: BaseException | None = None
    failure: str | None = None
    released_s: float | None = None

    @property
    def job_type(self) -> str:
        return self.job.job_type


Work = Callable[[asyncio.Runner], None]


class SequentialHandlers:
    """One thread with one event loop for all handlers, so that they share what a start-up hook opens.

    The hooks run before the first handler and at the end. A handler that never comes back keeps its
    thread, which is a daemon, and the hooks of the end are left out.
    """

    def __init__(self, registry: HandlerRegistry) -> None:
        self._registry = registry
        self._todo: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_stuck = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._thread is None or self._is_stuck:
            return
        try:
            self._do(lambda runner: runner.run(_call_all(self._registry.shutdown_hooks())))
        finally:
            self._todo.put(None)
            self._thread.join()

    def run(self, handler: Handler, current: CurrentJob, *, until: float) -> tuple[JobRun, Outcome | None]:
        """What came of it by `until` (monotonic seconds); no outcome: it is still running.

        Raises what a start-up hook raises.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="handlers", daemon=True)
            self._thread.start()
            self._do(lambda runner: runner.run(_call_all(self._registry.startup_hooks())))
        found: list[tuple[JobRun, Outcome]] = []
        self._do(lambda runner: found.append(_call(handler, current, runner)), until=until)
        if not found:
            self._is_stuck = True
            return JobRun(current.job, None, failure="it is still running"), None
        return found[0]

    def _do(self, work: Work, *, until: float | None = None) -> None:
        """Have it done in the thread; raises what it raises. With `until` it may be left undone."""
        done = threading.Event()
        errors: list[BaseException] = []

        def guarded(runner: asyncio.Runner) -> None:
            try:
                work(runner)
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                errors.append(error)
            done.set()

        self._todo.put(guarded)
        done.wait(None if until is None else max(until - time.monotonic(), 0.0))
        if errors:
            raise errors[0]

    def _work(self) -> None:
        with asyncio.Runner() as runner:
            while (work := self._todo.get()) is not None:
                work(runner)


def _call(handler: Handler, current: CurrentJob, runner: asyncio.Runner) -> tuple[JobRun, Outcome]:
    job = current.job
    item = InFlight(Claim(job), handler, current)
    run_to_its_end(item, runner)
    outcome = item.outcome
    if outcome is None:
        outcome = Failed("the handler gave the job back", retryable=True)
        return JobRun(job, None, None, outcome.message, item.released_s), outcome
    if isinstance(outcome, Failed):
        return JobRun(job, None, item.error, outcome.message), outcome
    return JobRun(job, outcome.variables), outcome


async def _call_all(hooks: tuple[Callable[[], Any], ...]) -> None:
    for hook in hooks:
        await call_hook(hook)
