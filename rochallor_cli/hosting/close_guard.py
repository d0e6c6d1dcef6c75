"""What code that closes "all" descriptors leaves open: the host's own, whoever calls `os.close` or `os.closerange`.

Code that has been a daemon once closes everything from 3 up. The host has its own `os` by now, so the functions that
all others call can pass over what the host lives on: its pipes, and the selectors, wakers and connections of its loops.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from rochallor_cli.hosting.high_descriptors import kept_for_the_host
from workflow_sdk.runner.daemon_loop import descriptors_of_loops

_host = os.getpid()
_close: Callable[[int], None] = os.close
_close_range: Callable[[int, int], None] = os.closerange


def guard_descriptors(module: object) -> None:
    """`module` is the `os` of handlers; to be called once the host has a copy of its own."""
    setattr(module, "close", _close_of_others)  # noqa: B010 - no attribute that a type checker would let us set
    setattr(module, "closerange", _close_range_of_others)  # noqa: B010


def _close_of_others(fd: int) -> None:
    """As os.close, but for what is the host's own."""
    # What a handler has forked closes what it likes.
    if os.getpid() != _host or fd not in kept_for_the_host() | descriptors_of_loops(connections=False):
        _close(fd)


def _close_range_of_others(fd_low: int, fd_high: int, /) -> None:
    """As os.closerange, but for what is the host's own."""
    low = fd_low
    own = kept_for_the_host() | descriptors_of_loops(connections=True) if os.getpid() == _host else set()
    for kept in sorted(own):
        if low <= kept < fd_high:
            _close_range(low, kept)
            low = kept + 1
    _close_range(low, fd_high)
