"""Conditions that are tried one after the other: which of them can never be come to.

A condition is covered where, whenever it holds, one before it holds already. That is proved by finding each way in
which it holds and none before it does to be impossible, and then tried against variables that suggest themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from rochallor_cli.dev_engine.expression.analysis.overlaps import (
    Atom,
    Conjunction,
    contradict,
    find_witness,
    value_with,
    ways_against,
    ways_of,
)

_MOST_WAYS: Final = 64
# Several conditions that only together cover another are looked for among so many.
_MOST_TOGETHER: Final = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """Why a condition is never come to: the numbers of those before it that hold whenever it does.

    None of them where it never holds itself.
    """

    by: tuple[int, ...]


@lru_cache(maxsize=512)
def coverage(
    conditions: Conjunction, before: tuple[Conjunction, ...], coercion: bool = False
) -> Coverage | None:
    """Why conditions are never come to behind others; None where they may be, or where that is not known."""
    ways = ways_of(conditions, coercion=coercion)
    if ways is None or len(ways) > _MOST_WAYS:
        return None
    if all(map(contradict, ways)):
        return Coverage(())
    for number in range(len(before)):
        if _covers(ways, (before[number],), conditions=conditions, coercion=coercion):
            return Coverage((number,))
    if 1 < len(before) <= _MOST_TOGETHER and _covers(ways, before, conditions=conditions, coercion=coercion):
        return Coverage(tuple(range(len(before))))
    return None


def _covers(
    ways: list[list[Atom]], before: tuple[Conjunction, ...], *, conditions: Conjunction, coercion: bool
) -> bool:
    """Whether one of those before holds in each way in which these do."""
    open_ways = [way for way in ways if not contradict(way)]
    for one in before:
        refused = ways_against(one, coercion=coercion)
        if refused is None or len(open_ways) * len(refused) > _MOST_WAYS:
            continue
        combined = ([*way, *other] for way, other in product(open_ways, refused))
        open_ways = [way for way in combined if not contradict(way)]
    if open_ways:
        return False

    def escapes(variables: Mapping[str, object]) -> bool:
        holds = all(value_with(each, variables, coercion=coercion) is True for each in conditions)
        return holds and all(
            any(value_with(each, variables, coercion=coercion) is False for each in one) for one in before
        )

    return find_witness(ways, escapes) is None
