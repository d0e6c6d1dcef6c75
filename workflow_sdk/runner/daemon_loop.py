"""DaemonLoop: an event loop whose helper threads never keep the process alive.

The default executor's threads are joined when the interpreter ends, so one stuck name look-up, or one
stuck `asyncio.to_thread` of a handler, would hold up a worker that was told to stop.
"""

from __future__ import annotations

import asyncio
import errno
import selectors
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from queue import SimpleQueue
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_Work = tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


_loops: weakref.WeakSet[DaemonLoop] = weakref.WeakSet()


def descriptors_of_loops(*, connections: bool) -> set[int]:
    """What the loops of this process live on: selectors and what wakes them, with `connections` all they listen to."""
    found: set[int] = set()
    for loop in list(_loops):
        found |= loop.descriptors(connections=connections)
    return found


class NoThreadError(BlockingIOError):
    """The system gives no thread: what was to run in one has not been begun. An OSError (EAGAIN)."""


class _Sleep(selectors.DefaultSelector):
    """The loop's selector, which knows whether its loop sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self._is_asleep = self._has_news = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # In this order: who brings news says so first, and looks then whether the loop sleeps.
        self._is_asleep = True
        events = super().select(0 if self._has_news else timeout)
        self._is_asleep = self._has_news = False
        return events

    def is_to_end(self) -> bool:
        """Whether the loop must be woken for what somebody has just put before it."""
        self._has_news = True
        return self._is_asleep


class DaemonLoop(asyncio.SelectorEventLoop):
    """As the standard loop, but `run_in_executor(None, …)` uses daemon threads, as many as needed.

    Where the system gives no more, work waits for those there are; without any the result is a NoThreadError.
    """

    def __init__(self) -> None:
        self._sleep = _Sleep()
        super().__init__(self._sleep)
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._helpers = 0
        self._idle_threads = 0
        self._threads_lock = threading.Lock()
        _loops.add(self)

    def descriptors(self, *, connections: bool) -> set[int]:
        """Its selector and the pair of sockets that wakes it; from any thread."""
        if self.is_closed():
            return set()
        selector: selectors.DefaultSelector = self._selector  # type: ignore[attr-defined]
        found = {end.fileno() for end in (self._ssock, self._csock)}  # type: ignore[attr-defined]
        if hasattr(selector, "fileno"):  # those of select and poll have none
            found.add(selector.fileno())
        # In one step, since the loop's own thread may add some meanwhile.
        return found.union(selector.get_map()) if connections else found  # type: ignore[arg-type]

    def _write_to_self(self) -> None:
        """Called by `call_soon_threadsafe`. A loop that is awake sees what is new by itself: no system call for it."""
        if self._sleep.is_to_end():
            super()._write_to_self()  # type: ignore[misc]

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future: asyncio.Future[T] = self.create_future()
        with self._threads_lock:
            if self._idle_threads > 0 or not self._has_grown():
                # Below none: so many wait for those that work.
                self._idle_threads -= 1
            has_helpers = self._helpers > 0
        if has_helpers:
            self._work.put((future, func, args))
        else:
            self._idle_threads = 0
            future.set_exception(NoThreadError(errno.EAGAIN, "the system gives no more threads"))
        return future

    def _has_grown(self) -> bool:
        """Whether there is one more helper; called with the lock held."""
        try:
            threading.Thread(target=self._help, name="workflow-sdk-helper", daemon=True).start()
        except (RuntimeError, MemoryError):
            return False
        self._helpers += 1
        return True

    def close(self) -> None:
        super().close()
        with self._threads_lock:
            for _ in range(self._idle_threads):
                self._work.put(None)

    def _help(self) -> None:
        while True:
            work = self._work.get()
            if work is None:
                return
            future, function, arguments = work
            try:
                result, error = function(*arguments), None
            except BaseException as raised:  # noqa: BLE001 - handed to the awaiting coroutine
                result, error = None, raised
            del work, function, arguments
            with self._threads_lock:
                self._idle_threads += 1
            self._deliver(future, result, error)
            del future, result, error

    def _deliver(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        try:
            self.call_soon_threadsafe(_settle, future, result, error)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more


async def in_thread_or_here(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Call it in a helper thread; where there is none to be had, here: for what must be done before leaving."""
    try:
        return await asyncio.get_running_loop().run_in_executor(None, function, *args)
    except NoThreadError:
        return function(*args)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration | SystemExit | KeyboardInterrupt):
        future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))
    else:
        future.set_exception(error)
