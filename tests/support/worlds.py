"""Worlds of the pure machine, where a test has no use for how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from rochallor_cli.dev_engine import explore
from rochallor_cli.dev_engine.explore import Definition, Event, World

T = TypeVar("T")


def started(definition: Definition, variables: Mapping[str, object] | None = None, **options: Any) -> World:
    return explore.started(definition, variables, **options).world


def apply(definition: Definition, world: World, event: Event, **options: Any) -> World:
    return explore.apply(definition, world, event, **options).world


def every_start(definition: Definition, variables: Mapping[str, object] | None = None) -> list[World]:
    return [way.world for way in explore.every_start(definition, variables)]


# --- who chooses where the engine has no order ---


def last(options: Sequence[T], /) -> T:
    return options[-1]


def leave(options: Sequence[T], /) -> T:
    """Leaves the event instead."""
    raise explore.Abandoned


class Pick:
    """Always the option of this number, counted round."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, options: Sequence[T], /) -> T:
        return options[self._number % len(options)]
