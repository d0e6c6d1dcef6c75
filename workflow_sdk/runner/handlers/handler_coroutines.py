"""HandlerCoroutines: one runner's async handlers on the process's loop for them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial

from workflow_sdk.runner.handlers.handler_call import call_as_coroutine, context_of
from workflow_sdk.runner.handlers.handler_loop import HandlerLoop, release_handler_loop, shared_handler_loop
from workflow_sdk.runner.handlers.handler_threads import TRY_AGAIN_S
from workflow_sdk.runner.job.in_flight import InFlight

log = logging.getLogger("workflow_sdk.runner")


class HandlerCoroutines:
    """Runs async handlers there, and hands their jobs to `done` on the runner's loop, `home`, in bursts.

    The process's loop is taken at `begin`, or when the first of them comes, or somebody asks for it. Where the system
    gives no thread for it, what has come waits and it is tried again; `short` is told of each try, and of its end.
    """

    def __init__(
        self,
        *,
        done: Callable[[InFlight], None],
        home: asyncio.AbstractEventLoop,
        short: Callable[[bool], None] = lambda is_short: None,
    ) -> None:
        self._done = done
        self._home = home
        self._short = short
        self._is_short = False
        self._handler_loop: HandlerLoop | None = None
        self._outbox: deque[InFlight] = deque()
        self._inbox: deque[InFlight] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._to_begin: set[InFlight] = set()
        self._outbox_called = False
        self._inbox_called = False
        self._is_closed = False

    @property
    def handler_loop(self) -> HandlerLoop:
        """The process's loop, held from now on."""
        if self._handler_loop is None:
            self._handler_loop = shared_handler_loop()
        return self._handler_loop

    def begin(self) -> None:
        """Take the process's loop, where async handlers will need it; called on the runner's loop."""
        if not self._outbox_called:
            self._outbox_called = True
            self._call_loop()

    def submit(self, item: InFlight) -> None:
        """Run its handler, or what a plain handler has returned to be awaited."""
        self._outbox.append(item)
        self.begin()

    def _call_loop(self) -> None:
        if self._is_closed:
            return
        try:
            loop = self.handler_loop.loop
        except (RuntimeError, MemoryError, OSError) as error:
            if not self._is_short:
                log.warning("no async handler can run for now: %s", error)
            self._is_short = True
            self._short(True)
            self._home.call_later(TRY_AGAIN_S, self._call_loop)
            return
        loop.call_soon_threadsafe(self._start_all)
        if self._is_short:
            self._is_short = False
            self._short(False)

    def watch(self, now: float) -> None:
        """Say so when a handler blocks the loop."""
        if self._handler_loop is not None:
            self._handler_loop.watch(now)

    def close(self) -> None:
        """Cancel what still runs, and let go of the loop. May take a second; call it off the loop."""
        self._is_closed = True
        if self._handler_loop is None:
            return
        self._handler_loop.loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._tasks])
        release_handler_loop(self._handler_loop)
        self._handler_loop = None

    # --- on the handlers' loop ---

    def _start_all(self) -> None:
        self._outbox_called = False
        while self._outbox:
            item = self._outbox.popleft()
            task = self.handler_loop.new_task(self._run(item), context=context_of(item))
            self._tasks.add(task)
            self._to_begin.add(item)
            task.add_done_callback(partial(self._ended, item))
            item.task = task

    def _ended(self, item: InFlight, task: asyncio.Task[None]) -> None:
        """Where another handler has cancelled all tasks there are, one that had not begun ends without a run."""
        self._tasks.discard(task)
        if item in self._to_begin and not self._is_closed:
            self.submit(item)

    async def _run(self, item: InFlight) -> None:
        self._to_begin.discard(item)
        try:
            await call_as_coroutine(item)
        finally:
            self.handler_loop.put_back()
            self._inbox.append(item)
            if not self._inbox_called:
                self._inbox_called = True
                self._wake_home()

    def _wake_home(self) -> None:
        try:
            self._home.call_soon_threadsafe(self._collect)
        except RuntimeError:
            return  # the runner has left without this handler

    # --- on the runner's loop ---

    def _collect(self) -> None:
        self._inbox_called = False
        while self._inbox:
            self._done(self._inbox.popleft())
