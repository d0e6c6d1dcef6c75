"""Choosing among what has no order: the seam for servers, tests and searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from rochallor_cli.dev_engine.quick_values import quick_dataclass

T = TypeVar("T")


class Choose(Protocol):
    """Takes one of the options: which of several things without an order comes first."""

    def __call__(self, options: Sequence[T], /) -> T: ...


def first_written(options: Sequence[T], /) -> T:
    """The choice that takes everything as it is written."""
    return options[0]


class Abandoned(Exception):  # noqa: N818 - no error: a search has no use for this way
    """Raised by whoever chooses, to leave an event in its middle; `every_outcome` goes on with the next way."""


@quick_dataclass(frozen=True, slots=True)
class ChoiceTaken:
    """Where something without an order was met, what could have been taken, and what was."""

    step_id: str
    options: tuple[str, ...]
    taken: str
