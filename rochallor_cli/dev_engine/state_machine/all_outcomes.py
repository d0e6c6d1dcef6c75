"""Every way in which an event can go: all choices among what has no order, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.choices import Abandoned, Choose
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, Conditions
from rochallor_cli.dev_engine.state_machine.event_inputs import DEFAULT_STEP_BUDGET, EventInputs
from rochallor_cli.dev_engine.state_machine.events import Event, Reaction, applied_with, started_with
from rochallor_cli.dev_engine.state_machine.world import World

T = TypeVar("T")


def every_start(
    definition: Definition,
    variables: Mapping[str, object] | None = None,
    *,
    strict: bool = False,
    step_budget: int = DEFAULT_STEP_BUDGET,
    conditions: Conditions = EVALUATED,
) -> Iterator[Reaction]:
    """What a start can lead to, for every choice among what has no order; some worlds may be equal.

    A way that only repeats a choice within one loop is left out, so this ends. Raises Refused when the
    engine refuses in one of the ways.
    """
    values = Variables(values=variables or {})

    def start(choose: Choose) -> Reaction:
        inputs = EventInputs(0, choose, strict, step_budget, conditions, is_search=True)
        return started_with(definition, values, inputs)

    yield from _every(start)


def every_outcome(
    definition: Definition,
    world: World,
    event: Event,
    *,
    strict: bool = False,
    step_budget: int = DEFAULT_STEP_BUDGET,
    conditions: Conditions = EVALUATED,
) -> Iterator[Reaction]:
    """What an event can lead to, as `every_start` does it; where the engine refuses, a `refusal` and the same world."""

    def make(choose: Choose) -> Reaction:
        inputs = EventInputs(world.now_ns, choose, strict, step_budget, conditions, is_search=True)
        try:
            return applied_with(definition, world, event, inputs)
        except Refused as refused:
            return Reaction(world, choices=tuple(inputs.choices or ()), refusal=refused)

    yield from _every(make)


def _every(make: Callable[[Choose], Reaction]) -> Iterator[Reaction]:
    script: list[int] | None = []
    while script is not None:
        chooser = _Scripted(script)
        try:
            reaction = make(chooser)
        except Abandoned:
            pass
        else:
            yield reaction
        script = chooser.next_script()


class _Scripted:
    """Chooses by a list of positions, then always the first, and knows which list comes next."""

    def __init__(self, script: Sequence[int]) -> None:
        self._script = script
        self._taken: list[tuple[int, int]] = []

    def __call__(self, options: Sequence[T], /) -> T:
        number = len(self._taken)
        position = self._script[number] if number < len(self._script) else 0
        self._taken.append((position, len(options)))
        return options[position]

    def next_script(self) -> list[int] | None:
        """The same choices with the last one that has further options moved on; None at the end."""
        taken = list(self._taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return None
        return [position for position, _ in taken[:-1]] + [taken[-1][0] + 1]
