"""The state of one evaluation: the stack, the loops it is in, and what it has used up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.event_budget import current_meter
from rochallor_cli.dev_engine.expression.limits import MAX_STEPS, MAX_TEXT_LENGTH, MEMORY_BUDGET
from rochallor_cli.dev_engine.expression.values.values import engine_value


@dataclass(slots=True)
class Loop:
    """One pass through a list."""

    items: Sequence[object]
    index: int = 0
    count: int = 0
    accumulator: object = None


class Run:
    """One evaluation."""

    __slots__ = (
        "_limit",
        "_loaded",
        "_meter",
        "declared",
        "loops",
        "memory",
        "now",
        "stack",
        "steps",
        "text_length",
        "variables",
    )

    def __init__(self, variables: Mapping[str, object], now: datetime) -> None:
        self.variables = variables
        self.now = now
        self.stack: list[object] = []
        self.loops: list[Loop] = []
        self.declared: dict[str, object] = {}
        self.memory = 0
        self.steps = 0
        self.text_length = 0
        self._loaded: dict[str, object] = {}
        self._meter = current_meter()
        self._limit = MAX_STEPS if self._meter is None else min(MAX_STEPS, self._meter.left)

    def variable(self, name: str) -> object:
        """A variable as the engine sees it, its numbers doubles; worked out once."""
        if name in self._loaded:
            return self._loaded[name]
        found = self._loaded[name] = engine_value(self.variables[name])
        return found

    def charge(self, steps: int) -> None:
        """Count work. Raises ``Fault`` when an evaluation has done too much, and what the meter raises."""
        self.steps += steps
        if self.steps > self._limit:
            raise self._too_much()

    def _too_much(self) -> Exception:
        if self._meter is None or self.steps > MAX_STEPS:
            return Fault(f"the evaluation was stopped after {MAX_STEPS} steps")
        return self._meter.excess()

    def close(self) -> None:
        """Have the meter know what this evaluation has cost."""
        if self._meter is not None:
            self._meter.left -= self.steps

    def grow(self, items: int) -> None:
        """Count items put into new lists and maps, as the library does."""
        self.memory += items
        if self.memory >= MEMORY_BUDGET:
            raise Fault("memory budget exceeded")

    def grow_text(self, length: int) -> None:
        """Count characters put into new strings."""
        self.text_length += length
        if self.text_length > MAX_TEXT_LENGTH:
            raise Fault(f"the evaluation was stopped after making {MAX_TEXT_LENGTH} characters of text")
