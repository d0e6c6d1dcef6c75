"""Threads in simulated time: what stands in place of `threading` and `time` where the worker blocks a thread.

Each is a greenlet. It runs until it waits; then the loop goes on, and calls it back when its wait is over. So of all
threads of a world one runs at a time, and which one is as repeatable as the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any
from unittest.mock import patch

import greenlet

from simulation.loop import SimulatedLoop
from workflow_sdk.runner import kafka_runner
from workflow_sdk.runner.job import slots
from workflow_sdk.runner.kafka import commits, flow_control, rebalances, source


class _Waiter(greenlet.greenlet):
    """What runs a thread's code, and leaves it where that waits. `number` is that of the wait."""

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__(run)
        self._loop = _loop()
        self._number = 0
        # Of the process that starts the thread; what wakes it is called in it, whoever brings that about.
        self._context = copy_context()
        self.gr_context = copy_context()

    def go_on(self, number: int) -> None:
        """Run on until it waits again, unless what wakes it has come too late; called by the loop."""
        if number == self._number and not self.dead:
            self._number += 1
            self.parent = greenlet.getcurrent()
            self.switch()

    def go_on_soon(self) -> None:
        """Have it called by the loop."""
        self._loop.call_soon(self.go_on, self._number, context=self._context)

    def wait(self, timeout: float | None, waiting: list[_Waiter]) -> None:
        """Leave this thread until one of the two: the time is over, or what is put into `waiting` is told to go on."""
        loop = self._loop
        if loop.is_over:
            raise greenlet.GreenletExit
        if timeout is not None:
            timer = loop.call_later(timeout, self.go_on, self._number, context=self._context)
        waiting.append(self)
        self.parent.switch()
        if timeout is not None:
            timer.cancel()
        if self in waiting:
            waiting.remove(self)


class SimulatedThread:
    """A `threading.Thread` of the process that starts it."""

    def __init__(self, target: Callable[..., Any], args: tuple[Any, ...] = (), **_: Any) -> None:
        self._target = target
        self._args = args
        self._ended = SimulatedEvent()
        self._waiter: _Waiter | None = None

    def start(self) -> None:
        self._waiter = _Waiter(self._run)
        _loop().threads.append(self)
        self._waiter.go_on_soon()

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def end(self) -> None:
        """At the end of the world: wherever it waits it is left."""
        if self._waiter:
            self._waiter.throw(greenlet.GreenletExit)

    def _run(self) -> None:
        try:
            self._target(*self._args)
        except Exception as error:
            _loop().escaped.append(error)
        finally:
            self._ended.set()


class SimulatedEvent:
    """A `threading.Event`; any code may set it, simulated threads alone may wait."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[_Waiter] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.go_on_soon()

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self._is_set:
            _here().wait(timeout, self._waiting)
        return self._is_set


def sleep(seconds: float) -> None:
    """As `time.sleep`."""
    _here().wait(seconds, [])


def run_as_thread(function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
    """What `run_in_executor` does: its result, once a thread has come to it."""
    future = _loop().create_future()

    def run() -> None:
        try:
            result = function(*args)
        except Exception as error:
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(result)

    SimulatedThread(run).start()
    return future


@contextmanager
def simulated_threads() -> Iterator[None]:
    """The worker's Kafka code blocks simulated threads."""

    class Threading:
        Thread, Event = SimulatedThread, SimulatedEvent

    class Time:
        sleep = staticmethod(sleep)

    with (
        # Of a type's rate.
        patch.object(slots, "monotonic", lambda: _loop().time()),
        patch.object(source, "threading", Threading),
        patch.object(flow_control, "threading", Threading),
        patch.object(flow_control, "time", Time),
        patch.object(commits, "time", Time),
        # Turns of a consumer while jobs run; in life there are more, to no other end.
        patch.object(source, "BUSY_POLL_S", 0.2),
        patch.object(rebalances, "LOOK_S", 0.05),
        # It makes a consumer of librdkafka's.
        patch.object(kafka_runner, "check_with_librdkafka", lambda config: None),
    ):
        yield


def _loop() -> SimulatedLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    return loop


def _here() -> _Waiter:
    here = greenlet.getcurrent()
    assert isinstance(here, _Waiter), "the loop's own thread never waits"
    return here
