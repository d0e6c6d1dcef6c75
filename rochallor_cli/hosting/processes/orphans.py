"""Orphans: programs of handlers' programs, which process 1 of a container inherits, and which only it can wait for.

The supervisor may do so: it starts nothing but its children. A host of one process cannot tell them from programs that
a handler waits for itself.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PROCESS_1 = 1


def reap_orphans(own: Collection[int]) -> None:
    """Wait for whoever has ended of this process's children, but for its `own`."""
    for pid in _children() - set(own):
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _children() -> set[int]:
    """None where the system does not tell."""
    with suppress(OSError):
        # Those of all threads: the system gives orphans to any of them.
        tasks = Path("/proc/self/task").iterdir()
        return {int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()}
    return set()
