"""SimulatedLoop: asyncio in simulated time; Process: code in it that can be killed and halted like a process."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any

# The process that a callback belongs to; none for the world's own.
_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class StandsStillError(Exception):
    """Nothing is left to happen: somebody waits for what will never come."""


class Process:
    """What was started by `spawn` and all that came of it. Ready callbacks stay first in, first out."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._held: list[tuple[Callable[..., Any], tuple[Any, ...], Context]] = []
        self.is_dead = False
        self.is_halted = False
        loop.processes.append(self)

    def spawn(self, coroutine: Any) -> asyncio.Task[Any]:
        """A task of this process; the tasks it makes are of this process, too."""
        context = copy_context()
        context.run(_PROCESS.set, self)
        return self._loop.create_task(coroutine, context=context)

    def kill(self) -> None:
        """As `kill -9` does: no line of its code is run any more, not even what cleans up."""
        self.is_dead = True

    def halt(self) -> None:
        """As SIGSTOP does: time goes on, and all that becomes due waits."""
        self.is_halted = True

    def resume(self) -> None:
        self.is_halted = False
        if not self.is_dead:
            self._go_on()

    def bury(self) -> None:
        """At the end of the world: let its tasks come to their end, so that nothing is left of them."""
        self.is_dead = self.is_halted = False
        self._go_on()

    def _go_on(self) -> None:
        held, self._held = self._held, []
        for callback, arguments, context in held:
            self._loop.call_soon(callback, *arguments, context=context)

    def run(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Run one of its callbacks; later, while it is halted."""
        if self.is_dead or self.is_halted:
            self._held.append((callback, arguments, copy_context()))
        else:
            callback(*arguments)


class _Leap:
    """In place of a selector: nothing ever comes from outside, and waiting takes no time."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise StandsStillError("nothing is left to happen")
        self._loop.now += timeout
        return []


def _held_task(loop: Any, coroutine: Any, **settings: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **settings)
    loop.tasks.add(task)
    task.add_done_callback(loop.tasks.discard, context=Context())
    return task


class SimulatedLoop(asyncio.BaseEventLoop):
    """Time stands still while callbacks run, and jumps to the next timer when none is ready."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.steps = 0
        self.processes: list[Process] = []
        # Nobody else holds the tasks of a killed process, and half a task must not be swept away amid it.
        self.tasks: set[asyncio.Task[Any]] = set()
        self.set_task_factory(_held_task)
        self._selector = _Leap(self)
        self._clock_resolution = 1e-9  # type: ignore[misc]
        # What a killed process leaves behind is no news.
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> events.Handle:  # type: ignore[override]
        self.steps += 1
        context = context or copy_context()
        process = context.get(_PROCESS)
        if process is not None:
            callback, args = process.run, (callback, args)
        return super().call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> events.TimerHandle:
        context = context or copy_context()
        process = context.get(_PROCESS)
        if process is not None:
            callback, args = process.run, (callback, args)
        return super().call_at(when, callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> events.Handle:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """What would block a thread is done at once."""
        future = self.create_future()
        future.set_result(func(*args))
        return future

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody else is there to wake it."""
