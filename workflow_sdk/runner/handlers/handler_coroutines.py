"""HandlerCoroutines: one runner's part in the process's loop for async handlers, taken when needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workflow_sdk.runner.handlers.handler_call import call_as_coroutine
from workflow_sdk.runner.handlers.handler_loop import (
    Coroutines,
    HandlerLoop,
    release_handler_loop,
    shared_handler_loop,
)
from workflow_sdk.runner.job.in_flight import InFlight


class HandlerCoroutines:
    """Runs async handlers; `done` is called on the runner's own loop."""

    def __init__(self, done: Callable[[InFlight], None]) -> None:
        self._done = done
        self._handler_loop: HandlerLoop | None = None
        self._coroutines: Coroutines[InFlight] | None = None

    @property
    def handler_loop(self) -> HandlerLoop:
        """The process's loop, held from now on."""
        if self._handler_loop is None:
            self._handler_loop = shared_handler_loop()
        return self._handler_loop

    def submit(self, item: InFlight) -> None:
        if self._coroutines is None:
            self._coroutines = Coroutines(
                self.handler_loop,
                work=call_as_coroutine,
                started=_remember_task,
                done=self._done,
                home=asyncio.get_running_loop(),
            )
        self._coroutines.submit(item)

    def watch(self, now: float) -> None:
        """Say so when a handler blocks the loop."""
        if self._handler_loop is not None:
            self._handler_loop.watch(now)

    def close(self) -> None:
        """Cancel what still runs, and let go of the loop. May take a second; call it off the loop."""
        if self._coroutines is not None:
            self._coroutines.cancel_all()
        if self._handler_loop is not None:
            release_handler_loop(self._handler_loop)
            self._handler_loop = None


def _remember_task(item: InFlight, task: asyncio.Task[None]) -> None:
    item.task = task
