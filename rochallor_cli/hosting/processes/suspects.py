"""Suspects: jobs that ran when a process died. Pure: counts, and what follows from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

MOST_REMEMBERED = 10_000


class Suspects:
    """How often a process has died with each job, by its claim's key. One that has run to its end is forgotten."""

    def __init__(self) -> None:
        self._deaths: OrderedDict[str, int] = OrderedDict()

    def died_with(self, keys: Collection[str]) -> None:
        for key in keys:
            self._deaths[key] = self._deaths.pop(key, 0) + 1
        while len(self._deaths) > MOST_REMEMBERED:
            self._deaths.popitem(last=False)

    def cleared(self, key: str) -> None:
        """It has run to its end."""
        self._deaths.pop(key, None)

    def deaths(self, key: str) -> int:
        return self._deaths.get(key, 0)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._deaths)
