"""What cProfile has measured, less what measuring cost: reading a thread's CPU clock is dearer than most functions."""

from __future__ import annotations

import cProfile
import pstats
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import ROOT

# What pstats has: a function's file, line and name to calls, its own time, that with callees, and the same by caller.
Place = tuple[str, int, str]
Calls = tuple[int, int, float, float]
Stats = dict[Place, tuple[int, int, float, float, dict[Place, Calls]]]

BUILTIN = "~"
SYSTEM = "system calls"
SYSTEM_CALL = re.compile(r"'(send|recv|recv_into)' of '_socket|'poll' of 'select")
WORTH_NAMING = 0.02
# Of the calls of what is called most, so many make a function's mean worth looking at.
OFTEN = 0.02
# Tracing makes code in Python up to so many times slower.
SLOWER = 5


@dataclass(frozen=True)
class Line:
    """A function: its own seconds, those with what it called, and how often it was called."""

    place: Place
    own_s: float
    total_s: float
    calls: int


def stats_of(profiles: Sequence[cProfile.Profile]) -> Stats:
    gathered: Any = pstats.Stats(*profiles)
    found: Stats = gathered.stats
    return found


class ProfiledTimes:
    """The functions of one kind of thread, which without a profiler spent `spent_s` on as much work.

    A call costs the called function a reading of the clock, and its caller another: as much as the cheapest function
    in C shows, which does next to nothing else. Beyond that, code in Python runs slower while it is traced, so its time
    is shortened until the sum is what was spent. Code in C runs as ever, but a thread that is slower waits more often.
    """

    def __init__(self, stats: Stats, spent_s: float) -> None:
        self._stats = stats
        self.profiled_s = sum(own_s for _, _, own_s, _, _ in stats.values())
        self._callees: dict[Place, list[Place]] = defaultdict(list)
        for place, (_, _, _, _, callers) in self._stats.items():
            for caller in callers:
                self._callees[caller].append(place)
        self._own_s = self._shortened(self._less_toll(), spent_s)
        self._total_s: dict[Place, float] = {}

    @property
    def total_s(self) -> float:
        return sum(self._own_s.values())

    def costliest(self, lines: int) -> list[Line]:
        """By their own time."""
        places = sorted(self._own_s, key=self._own_s.__getitem__, reverse=True)[:lines]
        return [
            Line(place, self._own_s[place], self._with_callees(place), self._stats[place][1])
            for place in places
        ]

    def _less_toll(self) -> dict[Place, float]:
        """Each function's own seconds without the readings of the clock."""
        often = max(calls for _, calls, _, _, _ in self._stats.values()) * OFTEN
        toll_s = min(
            (
                own_s / calls
                for place, (_, calls, own_s, _, _) in self._stats.items()
                if is_c(place) and calls >= often
            ),
            default=0.0,
        )
        return {
            place: max(0.0, own_s - (calls + self._calls_made(place)) * toll_s)
            for place, (_, calls, own_s, _, _) in self._stats.items()
        }

    def _shortened(self, own_s: dict[Place, float], spent_s: float) -> dict[Place, float]:
        in_c_s = sum(each_s for place, each_s in own_s.items() if is_c(place))
        in_python_s = sum(own_s.values()) - in_c_s
        python, c = _shortenings(in_python_s, in_c_s, spent_s)
        return {place: each_s * (c if is_c(place) else python) for place, each_s in own_s.items()}

    def _calls_made(self, place: Place) -> int:
        return sum(self._stats[callee][4][place][1] for callee in self._callees[place])

    def _with_callees(self, place: Place) -> float:
        """A callee's time belongs to its callers as the profiler has split it."""
        if place not in self._total_s:
            self._total_s[place] = self._own_s[place]  # for who calls itself in the end
            self._total_s[place] += sum(
                self._with_callees(callee) * self._share_of(place, callee) for callee in self._callees[place]
            )
        return self._total_s[place]

    def _share_of(self, caller: Place, callee: Place) -> float:
        callers = self._stats[callee][4]
        whole_s = sum(total_s for _, _, _, total_s in callers.values())
        return callers[caller][3] / whole_s if whole_s else 0.0

    def shares(self) -> Iterator[str]:
        """Which part of the code has what share, largest first; what it calls of C counts as its own."""
        spent: dict[str, float] = defaultdict(float)
        for place, own_s in self._own_s.items():
            callers = self._stats[place][4] if is_c(place) else {}
            for caller in callers:
                part = SYSTEM if SYSTEM_CALL.search(place[2]) else part_of(caller)
                spent[part] += own_s * self._share_of(caller, place)
            if not callers:
                spent[part_of(place)] += own_s
        whole_s = sum(spent.values())
        for part, part_s in sorted(spent.items(), key=lambda item: item[1], reverse=True):
            if part_s >= WORTH_NAMING * whole_s:
                yield f"{part} {part_s / whole_s:.0%}"


def _shortenings(in_python_s: float, in_c_s: float, spent_s: float) -> tuple[float, float]:
    """By what the times of Python and of C are multiplied, so that they are what was spent."""
    if in_python_s / SLOWER >= spent_s:
        return (spent_s / (in_python_s + in_c_s),) * 2
    python = min(1.0, max(1 / SLOWER, (spent_s - in_c_s) / in_python_s)) if in_python_s else 1.0
    c = min(1.0, (spent_s - in_python_s * python) / in_c_s) if in_c_s else 1.0
    return python, c


def is_c(place: Place) -> bool:
    return place[0] == BUILTIN


def part_of(place: Place) -> str:
    """A package of ours by its folder, another by its name, asyncio apart from the rest of the library."""
    shown = shown_place(place)
    if shown.startswith(("workflow_sdk/", "benchmarks/")):
        return "/".join(shown.partition(":")[0].split("/")[:2]).removesuffix(".py")
    if "site-packages/" in place[0]:
        return place[0].partition("site-packages/")[2].split("/")[0]
    return "asyncio" if "/asyncio/" in place[0] else "standard library"


def shown_place(place: Place) -> str:
    """A function by the last folders of its file, so that no home folder is printed."""
    file, line, name = place
    if is_c(place):
        return name
    own = file.removeprefix(f"{ROOT}/") if "site-packages" not in file else ""
    return f"{own if own and own != file else '/'.join(file.split('/')[-3:])}:{line} {name}"
