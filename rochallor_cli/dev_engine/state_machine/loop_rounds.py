"""How often one event has been through the same choice, for searches: a loop there is followed for some rounds only."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.state_machine.choices import ChoiceTaken

# How often a search goes through the same choice within one event.
_ROUNDS = 2


@quick_dataclass(frozen=True, slots=True)
class ChoiceMet:
    """When a step's choice was met: the choices taken before, the steps that wait, and entries that set variables."""

    choices: int
    waiting: int
    settings: int


@dataclass
class ChoicesMet:
    """What one event has met of choices. branch_count: of all gateways of the definition."""

    branch_count: int
    _met: dict[Hashable, int] = field(default_factory=dict)
    _meetings: dict[str, list[ChoiceMet]] = field(default_factory=dict)

    def is_enough(self, step_id: str, state: Hashable, meeting: ChoiceMet) -> bool:
        """Whether going on can only repeat what has been seen: the second round sees all that the first completed."""
        times = self._met[state] = self._met.get(state, 0) + 1
        meetings = self._meetings.setdefault(step_id, [])
        meetings.append(meeting)
        return (
            times > _ROUNDS
            # A loop through a gateway is never twice the same: more and more branches wait.
            or len(meetings) > self.branch_count + _ROUNDS
            or (meeting.waiting > self.branch_count and len(meetings) > _ROUNDS)
        )

    def taken_for_ever(self, step_id: str, choices: Sequence[ChoiceTaken]) -> str | None:
        """What is taken at a step in every round of a loop that never ends; None where it may end.

        It never does where two rounds took the same, no variable was set meanwhile, and nothing that waited was come
        to: the same conditions come out the same on the same values.
        """
        meetings = self._meetings[step_id]
        for period in range(1, (len(meetings) + 1) // 2):
            first, second, third = meetings[-1 - 2 * period], meetings[-1 - period], meetings[-1]
            is_unchanged = (
                first.settings == third.settings and first.waiting <= second.waiting <= third.waiting
            )
            one, other = (
                choices[begin.choices : end.choices] for begin, end in ((first, second), (second, third))
            )
            if is_unchanged and list(one) == list(other):
                return one[0].taken
        return None
