"""What an event meets with besides the definition and the instance."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.state_machine.choices import ChoiceTaken, Choose, first_written
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, Conditions

DEFAULT_STEP_BUDGET = 10_000


@quick_dataclass(frozen=True, slots=True)
class EventInputs:
    """The time, the choice among what has no order, what conditions come to, and how engine faults are treated.

    step_budget: how many steps one event may enter, for loops that never rest; steps at which something
    stays open count ten times. is_search: a choice that is met again and again with nothing new is
    abandoned, so that trying all ways through a loop comes to an end. choices: those taken, also where the
    event is refused in its middle; None where nobody asks for them.
    """

    now_ns: int
    choose: Choose = first_written
    strict: bool = False
    step_budget: int = DEFAULT_STEP_BUDGET
    conditions: Conditions = EVALUATED
    is_search: bool = False
    choices: list[ChoiceTaken] | None = field(default_factory=list, compare=False)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ns / 1e9, UTC)
