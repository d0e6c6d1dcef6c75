"""SimulatedLoop: asyncio in simulated time; Process: code in it that can be killed and halted like a process.

A loop of our own and not asyncio's: nothing comes from outside, so there is nothing to select, and worlds are
made of little else than its turns.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from heapq import heapify, heappop, heappush
from math import inf, nextafter
from random import Random
from typing import Any

# The process that a callback belongs to; none for the world's own.
_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class StandsStillError(Exception):
    """Nothing is left to happen: somebody waits for what will never come."""


class _Handle:
    """What is to be called, in place of asyncio's own handles."""

    __slots__ = ("arguments", "callback", "context", "is_cancelled", "time")

    def __init__(
        self, callback: Callable[..., Any], arguments: tuple[Any, ...], context: Context, time: float = 0.0
    ) -> None:
        self.callback = callback
        self.arguments = arguments
        self.context = context
        self.time = time
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.time


class Process:
    """What was started by `spawn` and all that came of it. Ready callbacks stay first in, first out."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._held: list[_Handle] = []
        self._suspended_at = 0.0
        # When it ran again after it had stood still.
        self.went_on_at = 0.0
        self.is_dead = False
        self.is_halted = False
        # Done once it is killed.
        self.death = loop.create_future()
        loop.processes.append(self)

    def spawn(self, coroutine: Any) -> asyncio.Task[Any]:
        """A task of this process; the tasks it makes are of this process, too."""
        return self._loop.create_task(coroutine, context=self.context())

    def context(self) -> Context:
        """One in which whatever is called is this process's."""
        context = copy_context()
        context.run(_PROCESS.set, self)
        return context

    def kill(self) -> None:
        """As `kill -9` does: no line of its code is run any more, not even what cleans up."""
        self.is_dead = True
        self._loop.still.add(self)
        if not self.death.done():
            self.death.set_result(None)

    def halt(self) -> None:
        """As SIGSTOP does: time goes on, and all that becomes due waits."""
        self.is_halted = True
        self._loop.still.add(self)

    def resume(self) -> None:
        self.is_halted, self.went_on_at = False, self._loop.now
        if not self.is_dead:
            self._go_on()

    def suspend(self) -> None:
        """As a machine that is put to sleep: clocks go on, and its timers stand still."""
        self._suspended_at = self._loop.now
        self.halt()

    def wake(self) -> None:
        slept_s = self._loop.now - self._suspended_at
        self._loop.put_off(self, slept_s)
        for handle in self._held:
            if handle.time > self._suspended_at:
                self._loop.call_handle_at(handle, handle.time + slept_s)
        self._held = [handle for handle in self._held if handle.time <= self._suspended_at]
        self.resume()

    def bury(self) -> None:
        """At the end of the world: let its tasks come to their end, so that nothing is left of them."""
        self.is_dead = self.is_halted = False
        self._go_on()

    def hold(self, handle: _Handle) -> None:
        """Keep what has become due until it runs again."""
        self._held.append(handle)

    def _go_on(self) -> None:
        self._loop.still.discard(self)
        held, self._held = self._held, []
        self._loop.ready.extend(held)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Time stands still while callbacks run, and jumps to the next timer when none is ready.

    `random` orders the timers of one moment. `in_thread` does what an executor does.
    `escaped` are the exceptions that callbacks of live processes let out.
    """

    def __init__(self, random: Random, *, in_thread: Callable[..., asyncio.Future[Any]]) -> None:
        self._tie = random.random
        self.in_thread = in_thread
        self._timers: list[tuple[float, float, int, _Handle]] = []
        self._is_closed = False
        self.ready: deque[_Handle] = deque()
        self.now = 1_000.0
        self.steps = 0
        self.processes: list[Process] = []
        # Those that are dead or halted.
        self.still: set[Process] = set()
        # Nobody else holds the tasks of a killed process, and half a task must not be swept away amid it.
        self.tasks: list[asyncio.Task[Any]] = []
        self.escaped: list[Exception] = []
        # Simulated ones; see threads.py.
        self.threads: list[Any] = []
        self.is_over = False

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        handle = _Handle(callback, args, context or copy_context())
        self.ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        when = self.now + delay
        if delay > 0 and when <= self.now:
            # Too little to be seen in the sum: who waits for that would wait in one moment for ever.
            when = nextafter(self.now, inf)
        handle = _Handle(callback, args, context or copy_context(), when)
        self.steps += 1
        heappush(self._timers, (when, self._tie(), self.steps, handle))
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        handle = _Handle(callback, args, context or copy_context())
        self.call_handle_at(handle, when)
        return handle

    def call_handle_at(self, handle: _Handle, when: float) -> None:
        """Have it called at this time."""
        handle.time = when
        self.steps += 1
        heappush(self._timers, (when, self._tie(), self.steps, handle))

    def put_off(self, process: Process, seconds: float) -> None:
        """Let all timers of this process come so much later."""
        timers = self._timers
        for number, (when, tie, step, handle) in enumerate(timers):
            if handle.context.get(_PROCESS) is process:
                handle.time = when + seconds
                timers[number] = when + seconds, tie, step, handle
        heapify(timers)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        self.tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """What would block a thread blocks a simulated one."""
        return self.in_thread(func, *args)

    def run_until_complete(self, future: Any) -> Any:
        """What asyncio's does; StandsStillError when nothing is left to happen before the future is done."""
        main = future if asyncio.isfuture(future) else self.create_task(future)
        events._set_running_loop(self)
        try:
            self._take_turns(main)
        finally:
            events._set_running_loop(None)
        return main.result()

    def _take_turns(self, main: asyncio.Future[Any]) -> None:
        """Call what is ready, and what that makes ready in the next turn, until this is done."""
        ready, timers, still = self.ready, self._timers, self.still
        while not main.done():
            if not ready:
                self._let_time_go_on()
            while timers and timers[0][0] <= self.now:
                ready.append(heappop(timers)[3])
            for _ in range(len(ready)):
                handle = ready.popleft()
                if handle.is_cancelled or (still and self._is_held(handle)):
                    continue
                self.steps += 1
                try:
                    handle.context.run(handle.callback, *handle.arguments)
                except Exception as error:
                    self._escapes(error, handle)

    def _let_time_go_on(self) -> None:
        """To the next timer."""
        timers = self._timers
        while timers and timers[0][3].is_cancelled:
            heappop(timers)
        if not timers:
            raise StandsStillError("nothing is left to happen")
        if timers[0][0] > self.now:
            self.now = timers[0][0]

    def _is_held(self, handle: _Handle) -> bool:
        """Whether it is of a process that stands still; that keeps it."""
        process = handle.context.get(_PROCESS)
        if process is None or process not in self.still:
            return False
        process.hold(handle)
        return True

    def _escapes(self, error: Exception, handle: _Handle) -> None:
        """It ends that callback alone, as in asyncio; of the world's own there should be none."""
        if handle.context.get(_PROCESS) is None:
            raise error
        self.escaped.append(error)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What a killed process leaves behind is no news."""

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        self._is_closed = True
        self.ready.clear()
        self._timers.clear()
