"""Sorting by the language's ``<``, which refuses values of different types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import TypeVar

from rochallor_cli.dev_engine.expression.values.operators import compare

T = TypeVar("T")


def sorted_by(items: Sequence[T], *, key: Callable[[T], object], descending: bool) -> list[T]:
    """The items in order, equal ones as they came. A single item is not compared and may be of any type."""

    def order(left: T, right: T) -> int:
        a, b = key(left), key(right)
        if descending:
            a, b = b, a
        if compare("<", a, b):
            return -1
        return 1 if compare("<", b, a) else 0

    return sorted(items, key=cmp_to_key(order))
