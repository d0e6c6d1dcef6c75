"""What a comparison with a constant says about a term: which values are left to it.

A constraint is a set of values in which an intersection can be found to be empty. It may say too little (then
nothing is concluded), never too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

Constant = bool | int | float | str | None


def key_of(value: Constant) -> tuple[str, Constant]:
    """A constant with its kind, so that 1 is not true but is 1.0."""
    if isinstance(value, bool):
        return "bool", value
    return ("number", float(value)) if isinstance(value, int | float) else (type(value).__name__, value)


@dataclass(frozen=True, slots=True)
class Constraint:
    """The values left to a term. ``only`` None is any value; a bound makes it a number."""

    only: frozenset[tuple[str, Constant]] | None = None
    excluded: frozenset[tuple[str, Constant]] = frozenset()
    low: float = -math.inf
    high: float = math.inf
    low_included: bool = True
    high_included: bool = True

    @property
    def is_number(self) -> bool:
        """Whether a bound says that it is a number."""
        return self.low > -math.inf or self.high < math.inf

    @property
    def is_empty(self) -> bool:
        """Whether no value is left."""
        if self.only is not None:
            return not any(self._admits(*key) for key in self.only)
        if self.low == self.high:
            closed = self.low_included and self.high_included
            return not closed or ("number", self.low) in self.excluded
        return self.low > self.high

    def _admits(self, kind: str, value: Constant) -> bool:
        if (kind, value) in self.excluded:
            return False
        if not self.is_number:
            return True
        if kind != "number" or not isinstance(value, int | float):
            return False
        above = value > self.low or (value == self.low and self.low_included)
        return above and (value < self.high or (value == self.high and self.high_included))

    def intersected(self, other: Constraint) -> Constraint:
        """What both leave."""
        only = (
            self.only if other.only is None else other.only if self.only is None else self.only & other.only
        )
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Constraint(
            only,
            self.excluded | other.excluded,
            low,
            high,
            all(each.low_included for each in (self, other) if each.low == low),
            all(each.high_included for each in (self, other) if each.high == high),
        )

    def examples(self) -> list[Constant]:
        """Some of the values left."""
        if self.only is not None:
            return [value for kind, value in sorted(self.only, key=str) if self._admits(kind, value)]
        middle = (self.low + self.high) / 2
        tried = [middle, self.low, self.high, self.low + 1, self.high - 1] if self.is_number else []
        candidates: list[Constant] = [number for number in tried if math.isfinite(number)]
        candidates += ["other", 0.0, True, False, None]
        return [value for value in candidates if self._admits(*key_of(value))]


ANYTHING: Final = Constraint()


def constraint_of(operator: str, value: Constant) -> Constraint | None:
    """What ``term operator value`` says; None where it says nothing that is understood here."""
    if operator == "==":
        return Constraint(frozenset({key_of(value)}))
    if operator == "!=":
        return replace(ANYTHING, excluded=frozenset({key_of(value)}))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    bounds = {
        "<": Constraint(high=value, high_included=False),
        "<=": Constraint(high=value),
        ">": Constraint(low=value, low_included=False),
        ">=": Constraint(low=value),
    }
    return bounds.get(operator)
