"""Suspects: jobs that ran when a process died. Pure: counts, and what follows from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

MOST_REMEMBERED = 10_000


class Suspects:
    """How often a process has died with each job, by its claim's key. One that has run to its end is forgotten.

    One that is failed for good is not: whoever is to report that may die before, with another such job, and then it
    comes again.
    """

    def __init__(self) -> None:
        self._deaths: OrderedDict[str, int] = OrderedDict()
        self._failed: dict[str, str] = {}

    def died_with(self, keys: Collection[str]) -> None:
        for key in keys:
            self._deaths[key] = self._deaths.pop(key, 0) + 1
        while len(self._deaths) > MOST_REMEMBERED:
            key, _ = self._deaths.popitem(last=False)
            self._failed.pop(key, None)

    def cleared(self, key: str) -> None:
        """It has run to its end."""
        self._deaths.pop(key, None)
        self._failed.pop(key, None)

    def failed(self, key: str, reason: str) -> None:
        """It is failed for good, and runs no more."""
        self._failed[key] = reason

    def reason(self, key: str) -> str:
        """Why it is failed for good; empty where it is not."""
        return self._failed.get(key, "")

    def deaths(self, key: str) -> int:
        return self._deaths.get(key, 0)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._deaths)
