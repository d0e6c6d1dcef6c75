"""The standard streams of a process in which handlers run, put back after a job that has closed or exchanged them."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import Any

from rochallor_cli.hosting.high_descriptors import kept_out_of_reach

try:
    import fcntl
except ImportError:  # Windows: what a job closes there stays closed
    fcntl = None  # type: ignore[assignment]

_NAMES = {0: "stdin", 1: "stdout", 2: "stderr"}


class StandardStreams:
    """What is closed is put back at once. What is another file or object may serve a job that still runs."""

    def __init__(self) -> None:
        """To be made after handlers were imported: what their modules have put in place stays."""
        self._kept: dict[int, int] = {}
        self._were: dict[int, tuple[int, int]] = {}
        self._streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
        for descriptor in _NAMES:
            with suppress(OSError):  # closed already, or no descriptor is to be had
                self._were[descriptor] = _file_of(descriptor)
                kept = kept_out_of_reach(descriptor)
                if kept is not None:
                    self._kept[descriptor] = kept

    def put_back(self, *, others_run: bool) -> list[str]:
        """What had been closed or exchanged."""
        return [*self._put_streams_back(others_run), *self._put_descriptors_back(others_run)]

    def _put_streams_back(self, others_run: bool) -> list[str]:
        found = []
        for name, stream in self._streams.items():
            current = getattr(sys, name, None)
            if current is not stream and (not others_run or _is_closed(current)):
                setattr(sys, name, stream)
                found.append(f"sys.{name}")
        return found

    def _put_descriptors_back(self, others_run: bool) -> list[str]:
        return [
            f"descriptor {descriptor}, {_NAMES[descriptor]}"
            for descriptor, kept in self._kept.items()
            if self._is_put_back(descriptor, kept=kept, others_run=others_run)
        ]

    def _is_put_back(self, descriptor: int, *, kept: int, others_run: bool) -> bool:
        try:
            if _file_of(descriptor) == self._were[descriptor] or others_run:
                return False
            # Closed by a job, and a connection of somebody's by now: it is not ours to close.
            if stat.S_IFMT(os.fstat(descriptor).st_mode) in (0, stat.S_IFSOCK):
                return False
        except OSError:
            return _taken_if_free(descriptor, kept)
        with suppress(OSError):
            os.dup2(kept, descriptor)
        return True


def _file_of(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _is_closed(stream: Any) -> bool:
    try:
        return stream is None or bool(stream.closed)
    except (ValueError, AttributeError):  # detached, or no stream at all
        return True


def _taken_if_free(descriptor: int, kept: int) -> bool:
    """Whether the number is the kept file again: another thread may have opened something there in this moment."""
    try:
        got = fcntl.fcntl(kept, fcntl.F_DUPFD, descriptor)
    except (OSError, AttributeError):
        return False
    if got != descriptor:
        os.close(got)
    return got == descriptor
