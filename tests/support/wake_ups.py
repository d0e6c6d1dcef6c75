"""How often a process wakes up, counted from outside: asking it would be one more reason."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts wake-ups in /proc")


def wake_ups(pid: int) -> int:
    """The voluntary context switches of all its threads so far; those of threads that have ended are lost."""
    found = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            lines = status.read_text("ascii", errors="replace").splitlines()
            found += next(
                int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches")
            )
    return found
