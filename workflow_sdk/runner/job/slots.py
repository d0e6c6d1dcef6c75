"""Slots: room for jobs, in all and for each job type with a limit of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple


class PollOrder(NamedTuple):
    """What the next poll may ask for."""

    job_types: list[str]
    max_jobs: int


@dataclass
class TokenBucket:
    """Tokens that come at a rate, a second's worth of them at most."""

    rate: float
    tokens: float = 1.0
    at: float = 0.0

    def whole(self, now: float) -> int:
        self._fill(now)
        return int(self.tokens)

    def take(self, now: float) -> None:
        self._fill(now)
        self.tokens -= 1.0

    def wait_s(self, now: float) -> float | None:
        self._fill(now)
        return None if self.tokens >= 1.0 else (1.0 - self.tokens) / self.rate

    def _fill(self, now: float) -> None:
        if self.at:
            self.tokens = min(self.tokens + (now - self.at) * self.rate, max(self.rate, 1.0))
        self.at = now


@dataclass
class Slots:
    """Counts only; used on the runner's loop. While it `is_paused` there is no room at all.

    `limits` holds the types with a limit of their own, `rates` those of which so many a second may start. `most` is
    what may be in use while the system gives no more threads; None otherwise. `closed` are types that cannot run
    for now. `promised` is how many jobs a question that is under way may bring.
    """

    total: int
    limits: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    in_use: int = 0
    promised: int = 0
    is_paused: bool = False
    most: int | None = None
    closed: frozenset[str] = frozenset()
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)
    _in_use_by_type: dict[str, int] = field(default_factory=dict)
    _unlimited_turn: bool = False

    @property
    def free(self) -> int:
        return 0 if self.is_paused else max(self._open - self.in_use, 0)

    @property
    def _open(self) -> int:
        return self.total if self.most is None else min(self.total, self.most)

    @property
    def shortage(self) -> str:
        """What the system does not give, in words, where some jobs cannot run at all for it."""
        if self.most == 0:
            return "the system gives no thread for a handler"
        return "the system gives no thread for async handlers" if self.closed else ""

    def __post_init__(self) -> None:
        self._buckets = {job_type: TokenBucket(rate) for job_type, rate in self.rates.items()}

    def take(self, job_type: str) -> None:
        self.in_use += 1
        if job_type in self._buckets:
            self._buckets[job_type].take(monotonic())
        if job_type in self.limits:
            self._in_use_by_type[job_type] = self._in_use_by_type.get(job_type, 0) + 1

    def give_back(self, job_type: str) -> None:
        self.in_use -= 1
        if job_type in self.limits:
            self._in_use_by_type[job_type] -= 1

    def order(self, job_types: list[str]) -> PollOrder:
        """All types with room, and the number that fits whichever of them the jobs turn out to be.

        After a full batch types with a limit sit out a turn, so that their small number does not
        bound what the others get.
        """
        if not self.limits and not self.rates and not self.closed:
            return PollOrder(job_types, self.free)
        bounded = self.limits.keys() | self.rates.keys() | self.closed
        unlimited = [job_type for job_type in job_types if job_type not in bounded]
        limited = [job_type for job_type in job_types if self._room(job_type) > 0 and job_type in bounded]
        if self._unlimited_turn and unlimited:
            return PollOrder(unlimited, self.free)
        room = min([self.free, *map(self._room, limited)])
        return PollOrder(unlimited + limited, room if unlimited or limited else 0)

    def answered(self, order: PollOrder, got: int) -> None:
        """Decide whose turn the next order is."""
        if not self.limits and not self.rates:
            return
        bounded = self.limits.keys() | self.rates.keys()
        asked_limited = any(job_type in bounded for job_type in order.job_types)
        self._unlimited_turn = asked_limited and got >= order.max_jobs

    def has_room(self, job_type: str, *, ahead: int = 0) -> bool:
        """Whether a job of this type may start now, or be one of so many that wait ahead for a thread.

        Of a type with a rate none waits ahead: who waited long would start beside those whose turn it is by then.
        """
        if job_type in self._buckets:
            ahead = 0
        is_free = not self.is_paused and self.in_use + self.promised < self._open + ahead
        return is_free and self._room(job_type) > self.promised

    def next_start_s(self, job_type: str) -> float | None:
        """Seconds until a job of this type may start again by its rate; None where one may now."""
        bucket = self._buckets.get(job_type)
        return None if bucket is None else bucket.wait_s(monotonic())

    def _room(self, job_type: str) -> int:
        if job_type in self.closed:
            return 0
        room = self.limits.get(job_type, self.total) - self._in_use_by_type.get(job_type, 0)
        bucket = self._buckets.get(job_type)
        return room if bucket is None else min(room, bucket.whole(monotonic()))
