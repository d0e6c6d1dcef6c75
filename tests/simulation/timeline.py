"""A timeline a person can read: what concerns a broken promise, with short names, of as small a world as breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from simulation.kinds import KINDS
from simulation.world import Course, run

FEWER = (1, 2, 3, 5, 8, 12, 16)


def shrunk(course: Course) -> Course:
    """The smallest world of this seed that breaks the same promise: fewer instances first, then fewer troubles.

    Smaller worlds take another course; so each is tried, and the first that breaks it as well is taken.
    """
    best = course
    for instances in FEWER:
        tried = run(course.seed, instances=instances)
        if tried.promise == course.promise:
            best = replace(tried, instances=instances)
            break
    for trouble in KINDS[course.seed.kind].troubles:
        without = (*best.without, trouble)
        tried = run(course.seed, instances=best.instances, without=without)
        if tried.promise == course.promise:
            best = replace(tried, instances=best.instances, without=without)
    return best


_ID = re.compile(r"(?:(instance|of) )?(01[0-9A-Z]{24})")


def with_short_names(lines: Iterable[str]) -> tuple[str, ...]:
    """Ids as `instance-1` and `job-1`, in the order in which they are first mentioned."""
    names: dict[str, str] = {}
    counts = {"instance": 0, "job": 0}
    lines = list(lines)
    for line in lines:
        for word, id_ in _ID.findall(line):
            kind = "instance" if word else "job"
            if id_ not in names:
                counts[kind] += 1
                names[id_] = f"{kind}-{counts[kind]}"
    return tuple(_ID.sub(lambda found: found[0].replace(found[2], names[found[2]]), line) for line in lines)
