"""Suspects: jobs that ran when a process died. Pure: counts, and what follows from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

MOST_REMEMBERED = 10_000


class Suspects:
    """How often a process has died with each job. One that has run to its end alone is forgotten."""

    def __init__(self) -> None:
        self._deaths: OrderedDict[str, int] = OrderedDict()

    def died_with(self, job_ids: Collection[str]) -> None:
        for job_id in job_ids:
            self._deaths[job_id] = self._deaths.pop(job_id, 0) + 1
        while len(self._deaths) > MOST_REMEMBERED:
            self._deaths.popitem(last=False)

    def cleared(self, job_id: str) -> None:
        """It has run to its end."""
        self._deaths.pop(job_id, None)

    def deaths(self, job_id: str) -> int:
        return self._deaths.get(job_id, 0)

    def job_ids(self) -> tuple[str, ...]:
        return tuple(self._deaths)
