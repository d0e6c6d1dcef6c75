"""What an event meets with beside the definition and the instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")

DEFAULT_STEP_BUDGET = 10_000


class Choose(Protocol):
    """Takes one of the options: which of several things without an order comes first."""

    def __call__(self, options: Sequence[T], /) -> T: ...


def first_written(options: Sequence[T], /) -> T:
    """The choice that takes everything as it is written."""
    return options[0]


@dataclass(frozen=True, slots=True)
class EventInputs:
    """The time, the choice among what has no order, and how engine faults are treated.

    step_budget: how many steps one event may enter, for loops that never rest; steps at which something
    stays open count ten times.
    """

    now_ns: int
    choose: Choose = first_written
    strict: bool = False
    step_budget: int = DEFAULT_STEP_BUDGET

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ns / 1e9, UTC)
