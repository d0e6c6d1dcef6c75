"""Writes to a pipe, a socket or a terminal that wait for their reader for a while, and no longer.

A reader that reads no more, and stays, would hold a host up for ever: a collector that hangs, a pager, Ctrl-S. Flags of
a file that other processes have open as well are not ours to change, so pipes and terminals are opened once more.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
import time
from collections.abc import Callable
from functools import partial

from rochallor_cli.hosting.high_descriptors import out_of_reach

# How long a reader may pause before what comes is lost. It is waited for once: until it reads again nothing waits.
PATIENCE_S = 2.0
# What a pipe that is writable takes without waiting.
PIECE_BYTES = getattr(select, "PIPE_BUF", 512)
NOBODY_READS = "nobody reads what is written"

_Identity = tuple[int, int, int]
# Writes some of the bytes, and says how many; BlockingIOError where none can be written now.
_Way = Callable[[memoryview], int]


class PatientWriter:
    """For one writer at a time. It remembers whether its reader reads."""

    def __init__(self) -> None:
        self._identity: _Identity | None = None
        self._opened: int | None = None
        self._way: _Way | None = None
        self._is_waited_for = True
        self._is_torn = False

    def write(self, descriptor: int, data: bytes | memoryview) -> None:
        """All of it; OSError, of it TimeoutError, where some was not taken: the next begins a line of its own."""
        if not self._is_waited_for and not _is_writable(descriptor, 0.0):
            # A few bytes may find room in a full pipe: that does not mean that somebody reads again.
            raise TimeoutError(NOBODY_READS)
        rest = memoryview(b"\n" + bytes(data) if self._is_torn else data)
        size = len(rest)
        give_up_at = time.monotonic() + PATIENCE_S
        try:
            while rest:
                rest = rest[self._write_some(descriptor, rest, give_up_at) :]
        except OSError as error:
            if error.errno == errno.EBADF:
                self._way = self._opened = None
            self._is_torn = self._is_torn if len(rest) == size else bool(rest)
            raise
        self._is_torn, self._is_waited_for = False, True

    def _write_some(self, descriptor: int, data: memoryview, give_up_at: float) -> int:
        way = self._way_to(descriptor)
        while True:
            try:
                return way(data)
            except BlockingIOError:
                left_s = give_up_at - time.monotonic()
                if left_s <= 0 or not _is_writable(descriptor, left_s):
                    self._is_waited_for = False
                    raise TimeoutError(NOBODY_READS) from None

    def _way_to(self, descriptor: int) -> _Way:
        """The descriptor may be another file by now: jobs exchange standard streams."""
        found = os.fstat(descriptor)
        identity = (descriptor, found.st_dev, found.st_ino)
        if self._way is None or identity != self._identity:
            if self._opened is not None:
                os.close(self._opened)
            self._opened = _opened_again(descriptor, found.st_mode)
            self._way = _way(descriptor, mode=found.st_mode, opened=self._opened)
            self._identity = identity
        return self._way


def _way(descriptor: int, *, mode: int, opened: int | None) -> _Way:
    if opened is not None:
        return partial(os.write, opened)
    if stat.S_ISSOCK(mode) and hasattr(socket, "MSG_DONTWAIT"):
        return partial(_sent, descriptor)
    if stat.S_ISREG(mode) or not hasattr(select, "poll"):
        return partial(os.write, descriptor)
    return partial(_piece_written, descriptor)


def _opened_again(descriptor: int, mode: int) -> int | None:
    """The same pipe or terminal with flags of its own; None where the system does not open it so."""
    if not (stat.S_ISFIFO(mode) or os.isatty(descriptor)):
        return None
    try:
        opened = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, AttributeError):
        return None
    if (kept := out_of_reach(opened)) != opened:
        return kept
    os.close(opened)  # a job that closes its number would have us write to a file of its own
    return None


def _sent(descriptor: int, data: memoryview) -> int:
    end = socket.socket(fileno=descriptor)
    try:
        return end.send(data, socket.MSG_DONTWAIT)
    finally:
        end.detach()


def _piece_written(descriptor: int, data: memoryview) -> int:
    """Where another process fills the pipe between the two calls, this waits for the reader."""
    if not _is_writable(descriptor, 0.0):
        raise BlockingIOError
    return os.write(descriptor, data[:PIECE_BYTES])


def _is_writable(descriptor: int, timeout_s: float) -> bool:
    """Also where it is broken: the write says how."""
    looking = select.poll()
    looking.register(descriptor, select.POLLOUT)
    return bool(looking.poll(timeout_s * 1000))
