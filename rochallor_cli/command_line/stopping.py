"""Commands that serve until they are told to stop: Ctrl-C and SIGTERM as an event."""

from __future__ import annotations

import queue
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from time import monotonic
from types import FrameType

# A signal that comes between the interpreter's last look for one and the sleep of this thread has its handler run
# only when the thread wakes up.
_LOOK_S = 0.5


class StopRequest:
    """An event that a signal handler may set at any moment; waited for in one thread.

    `threading.Event` is not one: its `set` takes a lock that its `wait` holds for some instructions, and a signal that
    interrupts the waiting thread there waits for that lock for ever. A `SimpleQueue` is made for it (reentrant).
    """

    def __init__(self) -> None:
        self._is_set = False
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """End the running `wait`, and all to come."""
        self._is_set = True
        self._calls.put(None)

    def is_set(self) -> bool:
        """Whether it has been set; it stays so."""
        return self._is_set

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until it is set or the time is over; whether it is set."""
        ends = inf if timeout_s is None else monotonic() + timeout_s
        while not self._is_set and (left_s := ends - monotonic()) >= 0:
            with suppress(queue.Empty):
                self._calls.get(timeout=min(left_s, _LOOK_S))
        return self._is_set


@contextmanager
def stop_signals() -> Iterator[StopRequest]:
    """What SIGINT and SIGTERM set, as long as the block runs; a second SIGINT interrupts as usual."""
    stop = StopRequest()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
