"""Sleeping until somebody calls: a pipe to oneself, which signal handlers and threads may write to."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from contextlib import suppress


class Waker:
    """`wake` from anywhere, also from a signal handler; `wait` in one thread."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def wake(self) -> None:
        """End a running or the next `wait`."""
        with suppress(BlockingIOError):  # a full pipe wakes the reader just as well
            os.write(self._write_end, b"w")

    def wait(self, timeout_s: float, *, others: Sequence[int] = ()) -> None:
        """Sleep until somebody wakes us, one of the other descriptors is readable, or the time is over."""
        ready = select.select([self._read_end, *others], [], [], max(0.0, timeout_s))[0]
        if self._read_end in ready:
            os.read(self._read_end, 512)

    def close(self) -> None:
        os.close(self._read_end)
        os.close(self._write_end)
