"""What processes have used so far, as /proc tells. On a system without it nothing is found, and times are NaN."""

from __future__ import annotations

import math
import os
from pathlib import Path

PROC = Path("/proc")
# Places behind the name, which may hold blanks itself: the parent, and user and system time in ticks.
_PARENT, _USER, _SYSTEM = 1, 11, 12


def tree_of(pid: int) -> list[int]:
    """The process and all below it that run."""
    # Not every kernel lists the children of a process, so each process is asked for its parent.
    parents = {int(each.name): _stat(int(each.name)) for each in PROC.glob("[0-9]*")}
    found = [pid] if parents.get(pid) else []
    for parent in found:
        found += [child for child, fields in parents.items() if fields and int(fields[_PARENT]) == parent]
    return found


def cpu_s(pids: list[int]) -> float:
    """User and system time of all these processes together; NaN when there are none."""
    used = [int(fields[_USER]) + int(fields[_SYSTEM]) for fields in map(_stat, pids) if fields]
    return sum(used) / os.sysconf("SC_CLK_TCK") if used else math.nan


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name; none when the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
