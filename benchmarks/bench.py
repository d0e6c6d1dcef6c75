"""What a case is given: the contenders, the engines it may use, how long to measure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from benchmarks.contenders import SLOW, Contender
from benchmarks.engines import Engine, dev_engine, null_engine

# What the real engine took for an answer on two cores, about.
POLL_DELAY_MS = 2.0
COMPLETE_DELAY_MS = 3.0


@dataclass(frozen=True)
class Bench:
    """The run's settings. ``engine_url`` names a running engine to measure instead of our own two,
    ``brokers`` a running Kafka instead of the embedded mock broker.
    """

    contenders: tuple[Contender, ...]
    quick: bool = False
    engine_url: str | None = None
    engine_kind: str | None = None
    brokers: str | None = None
    rounds_override: int | None = None

    @property
    def rounds(self) -> int:
        return self.rounds_override or (2 if self.quick else 3)

    def pick(self, quick: float, full: float) -> float:
        """A size or a duration, by how thorough the run is."""
        return quick if self.quick else full

    def engine_kinds(self) -> tuple[str, ...]:
        """Which engines a case that can use any is measured on."""
        if self.engine_url:
            return ("url",)
        return (self.engine_kind,) if self.engine_kind else ("null", "dev")

    def engine_kinds_if_quick(self, only: str) -> tuple[str, ...]:
        """As `engine_kinds`, but only one of our own engines in a quick run."""
        is_free = self.quick and not self.engine_url and not self.engine_kind
        return (only,) if is_free else self.engine_kinds()

    def one_engine_kind(self, otherwise: str) -> str:
        """For a case that is measured on one engine: the one asked for, or else this one."""
        return "url" if self.engine_url else self.engine_kind or otherwise

    def engine(self, kind: str) -> AbstractContextManager[Engine]:
        """A fresh engine of the kind, or the running one."""
        if kind == "url":
            assert self.engine_url
            return nullcontext(Engine("url", self.engine_url.rstrip("/")))
        if kind == "delayed":
            return null_engine(poll_delay_ms=POLL_DELAY_MS, complete_delay_ms=COMPLETE_DELAY_MS)
        return null_engine() if kind == "null" else dev_engine()

    def rounds_of(self, *, quick: int, full: int) -> int:
        """How often a case that takes long is run."""
        return self.rounds_override or (quick if self.quick else full)

    def fastest(self) -> tuple[Contender, ...]:
        """The contenders without the slow setting, where that would only take time."""
        return tuple(each for each in self.contenders if each.name != SLOW)

    def of_this_repository(self) -> tuple[Contender, ...]:
        """Our contenders: the published SDK takes too few records a second from Kafka for some cases."""
        return tuple(each for each in self.contenders if not each.is_published)

    def interleaved(
        self, rounds: int | None = None, *, among: tuple[Contender, ...] = ()
    ) -> Iterator[tuple[int, Contender]]:
        """Every contender once a round, with the round's number, in turns that begin with another each time."""
        contenders = among or self.contenders
        for number in range(rounds or self.rounds):
            shift = number % len(contenders)
            for contender in itertools.chain(contenders[shift:], contenders[:shift]):
                yield number, contender
