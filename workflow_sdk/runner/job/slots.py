"""Slots: room for jobs, in all and for each job type with a limit of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Order(NamedTuple):
    """What the next poll may ask for."""

    job_types: list[str]
    max_jobs: int


@dataclass
class Slots:
    """Counts only; used on the runner's loop. `limits` holds the types with a limit of their own."""

    total: int
    limits: Mapping[str, int] = field(default_factory=dict)
    in_use: int = 0
    _in_use_by_type: dict[str, int] = field(default_factory=dict)
    _unlimited_turn: bool = False

    @property
    def free(self) -> int:
        return max(self.total - self.in_use, 0)

    def take(self, job_type: str) -> None:
        self.in_use += 1
        if job_type in self.limits:
            self._in_use_by_type[job_type] = self._in_use_by_type.get(job_type, 0) + 1

    def give_back(self, job_type: str) -> None:
        self.in_use -= 1
        if job_type in self.limits:
            self._in_use_by_type[job_type] -= 1

    def order(self, job_types: list[str]) -> Order:
        """All types with room, and the number that fits whichever of them the jobs turn out to be.

        After a full batch types with a limit sit out a turn, so that their small number does not
        bound what the others get.
        """
        if not self.limits:
            return Order(job_types, self.free)
        unlimited = [job_type for job_type in job_types if job_type not in self.limits]
        limited = [job_type for job_type in job_types if self._room(job_type) > 0 and job_type in self.limits]
        if self._unlimited_turn and unlimited:
            return Order(unlimited, self.free)
        room = min([self.free, *map(self._room, limited)])
        return Order(unlimited + limited, room if unlimited or limited else 0)

    def answered(self, order: Order, got: int) -> None:
        """Decide whose turn the next order is."""
        asked_limited = any(job_type in self.limits for job_type in order.job_types)
        self._unlimited_turn = asked_limited and got >= order.max_jobs

    def has_room(self, job_type: str, *, ahead: int = 0) -> bool:
        """Whether a job of this type may start now, or be one of so many that wait ahead for a thread."""
        return self.in_use < self.total + ahead and self._room(job_type) > 0

    def _room(self, job_type: str) -> int:
        return self.limits.get(job_type, self.total) - self._in_use_by_type.get(job_type, 0)
