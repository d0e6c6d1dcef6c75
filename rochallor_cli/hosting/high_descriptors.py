"""Descriptors of the host, kept where a handlers' module that closes "all" descriptors does not reach them.

Code that has been a daemon once closes everything from 3 up to the limit. So the host's own have numbers above the
limit that a module is told while it is imported.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

try:
    import fcntl
    import resource
except ImportError:  # Windows has neither
    fcntl = resource = None  # type: ignore[assignment]

# How many the host may keep there: a few pipes and sockets.
ROOM = 64
# The system keeps a table as long as the highest number, and copies it for each process that is forked.
HIGHEST = 8192
_kept: set[int] = set()


def kept_for_the_host() -> set[int]:
    """The high numbers that were given to the host's own descriptors."""
    return _kept


def out_of_reach(descriptor: int) -> int:
    """The same file under a high number, the given one closed; where no such number is to be had, the given one."""
    try:
        first = _first_out_of_reach()
        with _soft_limit(first + ROOM, at_least=True):
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, first)
    except (OSError, ValueError, AttributeError):
        return descriptor
    os.close(descriptor)
    _kept.add(moved)
    return moved


def kept_out_of_reach(descriptor: int) -> int | None:
    """A second number of the same file, a high one; None where there is none: low ones are short then."""
    low = os.dup(descriptor)
    kept = out_of_reach(low)
    if kept != low:
        return kept
    os.close(low)
    return None


def socket_out_of_reach(end: socket.socket) -> socket.socket:
    """The same socket under a high number; the given object holds none any more."""
    timeout_s = end.gettimeout()
    moved = socket.socket(fileno=out_of_reach(end.detach()))
    moved.settimeout(timeout_s)
    return moved


@contextmanager
def raised_limit() -> Iterator[None]:
    """While this lasts some more descriptors are to be had than the limit says. OSError, ValueError: there are none."""
    with _soft_limit(_first_out_of_reach() + ROOM, at_least=True):
        yield


@contextmanager
def lowered_limit() -> Iterator[None]:
    """While this lasts, the limit of this process is where the host's own descriptors begin."""
    with ExitStack() as stack:
        # Not on Windows, and not where a sandbox forbids it.
        with suppress(OSError, ValueError, AttributeError):
            stack.enter_context(_soft_limit(_first_out_of_reach(), at_least=False))
        yield


def _first_out_of_reach() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = HIGHEST if hard == resource.RLIM_INFINITY else min(HIGHEST, hard - ROOM)
    first = highest if soft == resource.RLIM_INFINITY else min(soft, highest)
    if first < ROOM:
        raise ValueError(f"a limit of {hard} descriptors leaves no room")
    return first


@contextmanager
def _soft_limit(wanted: int, *, at_least: bool) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_enough = before[0] == resource.RLIM_INFINITY or before[0] >= wanted
    if at_least and is_enough:
        yield
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
