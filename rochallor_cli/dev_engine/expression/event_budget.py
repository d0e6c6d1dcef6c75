"""What evaluations cost together: bounds for a whole event, where `limits` bounds each evaluation."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from rochallor_cli.dev_engine.expression.errors import Fault, TooCostly

T = TypeVar("T")

# What reading an expression costs, in instructions: so much for itself, and so much for each character; and what
# entering a step costs besides its expressions.
_READING, _CHARACTER, _STEP = 1_000, 300, 200


@dataclass(slots=True)
class Meter:
    """Instructions that are left to an event. When there are none, an evaluation fails like any other that has done
    too much, or, in a first try, leaves the event by TooCostly.
    """

    left: int
    is_first_try: bool

    def excess(self) -> Exception:
        if self.is_first_try:
            return TooCostly()
        return Fault("the evaluation was stopped: the expressions of this event have cost too much together")


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
current_meter = _meter.get


def metered(steps: int, evaluate: Callable[[], T], *, first_try: bool) -> T:
    """What `evaluate` comes to, with a bound for all that is evaluated in it."""
    token = _meter.set(Meter(steps, first_try))
    try:
        return evaluate()
    finally:
        _meter.reset(token)


def charge_reading(length: int) -> None:
    """Count the reading of an expression in a first try; what a definition's texts cost altogether has its bound."""
    meter = current_meter()
    if meter is not None and meter.is_first_try:
        meter.left -= _READING + _CHARACTER * length
        if meter.left < 0:
            raise meter.excess()


def charge_step() -> None:
    """Count a step that is entered, in a first try; how many there may be altogether has its bound."""
    meter = current_meter()
    if meter is not None and meter.is_first_try:
        meter.left -= _STEP
        if meter.left < 0:
            raise meter.excess()
