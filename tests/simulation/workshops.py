"""Where handlers run in a simulated world: their end is an event, whether they are plain or async."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from workflow_sdk.runner.handlers.handler_coroutines import HandlerCoroutines
from workflow_sdk.runner.job.in_flight import InFlight

if TYPE_CHECKING:
    from simulation.worker_process import WorkerProcess


class SimulatedThreads:
    """In place of `size` handler threads, or fewer: a run takes as long as the seed says, and ends as an event."""

    def __init__(
        self, worker: WorkerProcess, *, size: int, done: Callable[[InFlight], None], **_: Any
    ) -> None:
        self._worker = worker
        worker.threads = self
        self._size = self.most = size
        self._running = 0
        self._done = done
        self._waiting: deque[InFlight] = deque()

    def submit(self, item: InFlight) -> None:
        self._waiting.append(item)
        self._begin()
        self._worker.waits(self._waiting)

    def close(self) -> None:
        """There are none."""

    def at_most(self, threads: int | None) -> None:
        """The system gives no more than these."""
        self.most = self._size if threads is None else min(threads, self._size)
        self._begin()

    def _begin(self) -> None:
        while self._running < self.most and self._waiting:
            self._running += 1
            self._worker.begin(self._waiting.popleft(), self._end)

    def _end(self, item: InFlight) -> None:
        self._running -= 1
        self._done(item)
        self._begin()


class SimulatedCoroutines(HandlerCoroutines):
    """Async handlers on the world's loop, in place of one on a thread of its own."""

    def __init__(
        self,
        worker: WorkerProcess,
        *,
        done: Callable[[InFlight], None],
        home: asyncio.AbstractEventLoop,
        **settings: Any,
    ) -> None:
        super().__init__(done=partial(worker.ended, done), home=home, **settings)
        self._worker = worker
        self._handler_loop = SimpleNamespace(  # type: ignore[assignment]
            loop=home, watch=lambda now: None, new_task=home.create_task, put_back=lambda: None
        )

    def submit(self, item: InFlight) -> None:
        item.context = copy_context()
        self._worker.begin_later(item)
        super().submit(item)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
