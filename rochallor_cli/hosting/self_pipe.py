"""Sleeping until somebody calls: a pipe to oneself, which signal handlers and threads may write to."""

from __future__ import annotations

import os
import select
from collections.abc import Collection, Sequence
from contextlib import suppress

from rochallor_cli.hosting.high_descriptors import out_of_reach


def readable(descriptors: Collection[int], timeout_s: float) -> set[int]:
    """Those that are readable, or broken, after waiting for the first; their numbers may be high."""
    if not hasattr(select, "poll"):
        return set(select.select(descriptors, [], [], timeout_s)[0])
    looking = select.poll()
    for descriptor in descriptors:
        looking.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in looking.poll(timeout_s * 1000)}


class Waker:
    """`wake` from anywhere, also from a signal handler; `wait` in one thread."""

    def __init__(self) -> None:
        self._read_end, self._write_end = map(out_of_reach, os.pipe())
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def wake(self) -> None:
        """End a running or the next `wait`."""
        with suppress(BlockingIOError):  # a full pipe wakes the reader just as well
            os.write(self._write_end, b"w")

    def wait(self, timeout_s: float, *, others: Sequence[int] = ()) -> None:
        """Sleep until somebody wakes us, one of the other descriptors is readable, or the time is over."""
        if self._read_end in readable([self._read_end, *others], max(0.0, timeout_s)):
            os.read(self._read_end, 512)

    def close(self) -> None:
        os.close(self._read_end)
        os.close(self._write_end)
