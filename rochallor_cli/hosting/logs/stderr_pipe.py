"""Descriptor 2 of a host whose log is to hold JSON only: a pipe, whose lines become objects of the log.

What goes through sys.stderr is caught there. C libraries, and the programs that handlers start, write to the descriptor
itself.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress

from rochallor_cli.hosting.high_descriptors import out_of_reach
from rochallor_cli.hosting.logs.printed_output import LinesOutput
from rochallor_cli.hosting.self_pipe import readable

READ_BYTES = 65_536
# A line without an end is written after this.
PARTIAL_S = 0.5
# More than a pipe holds by default. A program that outlives the host may go on writing for ever.
LAST_READS = 4

_diverted: StderrPipe | None = None


class StderrPipe:
    """`kept` is where stderr went before: there the log is written. A thread takes in what comes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """OSError, RuntimeError: there is no stderr, or no descriptor or thread is to be had; nothing has changed."""
        self.kept = out_of_reach(os.dup(2))
        read_end, write_end = os.pipe()
        self._read_end = out_of_reach(read_end)
        os.set_blocking(self._read_end, False)
        self._lines = LinesOutput(2, say)
        self._lock = threading.Lock()
        try:
            threading.Thread(target=self._take_in, name="stderr", daemon=True).start()
            os.dup2(write_end, 2)
        finally:
            os.close(write_end)

    def end(self) -> None:
        """Put stderr back, and take in what is left in the pipe."""
        with suppress(OSError):
            os.dup2(self.kept, 2)
            for _ in range(LAST_READS):
                if not (readable([self._read_end], 0.0) and self._read()):
                    break
            self._lines.end_line()

    def _take_in(self) -> None:
        with suppress(OSError):  # a job has closed all descriptors
            while self._take_in_once():
                continue

    def _take_in_once(self) -> bool:
        if readable([self._read_end], PARTIAL_S if self._lines.has_begun else 3600.0):
            return self._read()
        with self._lock:
            self._lines.end_line()
        return True

    def _read(self) -> bool:
        """Whether the pipe is open still."""
        with self._lock:
            try:
                data = os.read(self._read_end, READ_BYTES)
            except BlockingIOError:
                return True  # the other thread was first
            self._lines.write(data)
            return bool(data)


def divert_stderr(say: Callable[[str], None]) -> int | None:
    """The descriptor that stderr was, now that its lines go to `say`; None where that cannot be had."""
    global _diverted
    if not hasattr(select, "poll"):
        return None
    try:
        _diverted = StderrPipe(say)
    except (OSError, RuntimeError):
        return None
    return _diverted.kept


def end_diversion() -> None:
    """To be called before the process ends, however it does."""
    if _diverted is not None:
        _diverted.end()
