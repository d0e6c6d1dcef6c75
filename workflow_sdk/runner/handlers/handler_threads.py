"""HandlerThreads: the daemon threads that plain handlers run in."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from workflow_sdk.runner.counting import count_text
from workflow_sdk.runner.handlers.handler_call import call_in_thread
from workflow_sdk.runner.job.in_flight import InFlight

log = logging.getLogger("workflow_sdk.runner")

# How long nobody must have needed a thread before it ends; when a thread that was not to be had is tried for again.
IDLE_S = 60.0
TRY_AGAIN_S = 1.0


class HandlerThreads:
    """Calls handlers in threads, and hands their jobs to `done` on the loop.

    Threads are daemons: one that never comes back must not keep the process. They are made when needed, up to `size`,
    and those that nobody has needed for a while end. Results come back through one deque, with one wake-up of the loop
    for a whole burst: waking it for each costs more than a short handler.

    Where the system gives no more threads, `at_most` is told how many jobs may run, none perhaps, and None once that is
    over.
    """

    def __init__(
        self,
        *,
        name: str,
        size: int,
        done: Callable[[InFlight], None],
        loop: asyncio.AbstractEventLoop,
        at_most: Callable[[int | None], None] = lambda threads: None,
    ) -> None:
        self._name = name
        self._size = size
        self._done = done
        self._loop = loop
        self._at_most = at_most
        self._to_do: SimpleQueue[InFlight | None] = SimpleQueue()
        self._results: deque[InFlight] = deque()
        self._wake_up_sent = False
        self._threads = 0
        self._busy = 0
        self._most_busy = 0
        self._is_short = False
        self._is_watching = False

    def submit(self, item: InFlight) -> None:
        """Have a thread call its handler; called on the loop."""
        self._busy += 1
        if self._busy > self._most_busy:
            self._most_busy = self._busy
        if self._busy > self._threads and self._threads < self._size and not self._is_short:
            self._grow()
        self._to_do.put(item)

    def close(self) -> None:
        """Let idle threads end; busy ones end after their handler."""
        for _ in range(self._threads):
            self._to_do.put(None)

    def _grow(self) -> None:
        """One more thread; where there is none to be had, those there are go on, and it is tried again."""
        name = f"{self._name} handler {self._threads + 1}"
        try:
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        except (RuntimeError, MemoryError) as error:
            self._at_most(self._threads)
            if not self._is_short:
                log.warning(
                    "no more than %s at the same time: %s", count_text(self._threads, "handler"), error
                )
            self._is_short = True
            self._loop.call_later(TRY_AGAIN_S, self._grow)
            return
        self._threads += 1
        if self._is_short:
            self._recover()
        if not self._is_watching:
            self._is_watching = True
            self._loop.call_later(IDLE_S, self._let_idle_ones_end)

    def _recover(self) -> None:
        """One thread was to be had again: no more jobs than threads until there are as many as there may be."""
        self._is_short = self._threads < self._size
        self._at_most(self._threads if self._is_short else None)
        if self._is_short:
            self._loop.call_later(TRY_AGAIN_S, self._grow)

    def _let_idle_ones_end(self) -> None:
        surplus = 0 if self._is_short else self._threads - self._most_busy
        for _ in range(surplus):
            self._to_do.put(None)
        self._threads -= surplus
        self._most_busy = self._busy
        self._is_watching = self._threads > 0
        if self._is_watching:
            self._loop.call_later(IDLE_S, self._let_idle_ones_end)

    def _serve(self) -> None:
        while (item := self._to_do.get()) is not None:
            call_in_thread(item)
            self._results.append(item)
            # A wake-up that was sent and has not begun to collect will find this result, too.
            if not self._wake_up_sent:
                self._wake_up_sent = True
                self._wake_loop()

    def _wake_loop(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._collect)
        except RuntimeError:
            return  # the loop is closed: the runner left without this handler

    def _collect(self) -> None:
        self._wake_up_sent = False
        results = self._results
        while results:
            self._busy -= 1
            self._done(results.popleft())
