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


class SimulatedThread:
    """A `threading.Thread` of the process that starts it."""

    def __init__(self, target: Callable[..., Any], args: tuple[Any, ...] = (), **_: Any) -> None:
        self._target = target
        self._args = args
        self._ended = SimulatedEvent()
        self._greenlet = greenlet.greenlet(self._run)

    def start(self) -> None:
        loop = _loop()
        loop.threads.append(self)
        self._greenlet.gr_context = copy_context()
        loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Run on, until it waits again; called by the loop."""
        if not self._greenlet.dead:
            self._greenlet.parent = greenlet.getcurrent()
            self._greenlet.switch()

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def end(self) -> None:
        """At the end of the world: wherever it waits it is left."""
        if self._greenlet:
            self._greenlet.throw(greenlet.GreenletExit)

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
        self._waiting: list[Callable[[], None]] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on()

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self._is_set:
            _wait(timeout, self._waiting)
        return self._is_set


def sleep(seconds: float) -> None:
    """As `time.sleep`."""
    _wait(seconds, [])


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
        patch.object(source, "BUSY_POLL_S", 0.05),
        patch.object(rebalances, "LOOK_S", 0.05),
        # It makes a consumer of librdkafka's.
        patch.object(kafka_runner, "check_with_librdkafka", lambda config: None),
    ):
        yield


def _loop() -> SimulatedLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    return loop


def _wait(timeout: float | None, waiting: list[Callable[[], None]]) -> None:
    """Leave this thread until one of the two: the time is over, or what is put into `waiting` is called."""
    loop = _loop()
    if loop.is_over:
        raise greenlet.GreenletExit
    here = greenlet.getcurrent()
    assert here.parent is not None, "the loop's own thread never waits"
    context = copy_context()
    is_over = False

    def go_on() -> None:
        nonlocal is_over
        if not is_over and not here.dead:
            is_over = True
            here.parent = greenlet.getcurrent()
            here.switch()

    def wake_up() -> None:
        loop.call_soon(go_on, context=context.copy())

    timer = None if timeout is None else loop.call_later(timeout, go_on, context=context.copy())
    waiting.append(wake_up)
    here.parent.switch()
    if timer is not None:
        timer.cancel()
    if wake_up in waiting:
        waiting.remove(wake_up)
