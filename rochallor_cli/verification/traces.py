"""The shortest run that shows a finding: for people as a timeline, for programs as what is to be sent and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rochallor_cli.dev_engine.explore import (
    CompleteUserTask,
    Definition,
    Event,
    FailJob,
    FireTimer,
    Signal,
    World,
    deciding_values,
    names_used,
)
from rochallor_cli.verification.findings import Flaw
from rochallor_cli.verification.search import Searched, SearchMove
from rochallor_cli.verification.shape import DefinitionShape

_NS_PER_S = 1_000_000_000
_SOME_VALUE = 1


@dataclass(frozen=True)
class TraceEvent:
    """One event of a run. at: seconds after the start. choice: what conditions came to, "step: condition"."""

    event: str
    step: str
    variables: Mapping[str, Any]
    choice: Sequence[str]
    status: str
    at: float
    # What was entered, and the current steps afterwards.
    entered: Sequence[str] = ()
    open_steps: Sequence[str] = ()
    # False where no values are known that lead to these choices.
    is_playable: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "step": self.step,
            "variables": dict(self.variables),
            "choice": list(self.choice),
            "status": self.status,
            "at": self.at,
        }


def trace_of(found: Searched, finding: Flaw) -> list[TraceEvent]:
    """The run with the fewest events that shows the finding; empty where nothing has to run for it."""
    moves = _shortest(found, finding)
    times = _times(found, moves)
    return [_trace_event(found, move, at) for move, at in zip(moves, times, strict=True)]


def _shortest(found: Searched, finding: Flaw) -> list[SearchMove]:
    def length(move: SearchMove) -> int:
        return 0 if move.source is None else found.situations[move.source].depth + 1

    candidates = [found.moves[number] for number in finding.moves]
    candidates += [found.moves[found.situations[number].by] for number in finding.situations]
    if not candidates:
        return []
    path = [min(candidates, key=length)]
    while path[0].source is not None:
        path.insert(0, found.moves[found.situations[path[0].source].by])
    return path


def _trace_event(found: Searched, move: SearchMove, at: float) -> TraceEvent:
    world = None if move.source is None else found.situations[move.source].world
    values, is_playable = _values(found, move, world)
    return TraceEvent(
        event=_kind(move.event),
        step=move.step,
        variables=values,
        choice=[f"{choice.step_id}: {choice.taken}" for choice in move.choices],
        status=str(move.status) if move.refusal is None else str(move.refusal.status),
        at=at,
        entered=[entry.step_id for entry in move.entries],
        open_steps=list(move.current),
        is_playable=is_playable,
    )


def _kind(event: Event | None) -> str:
    if event is None:
        return "start"
    if isinstance(event, FailJob):
        return "fail"
    if isinstance(event, CompleteUserTask):
        return "task"
    if isinstance(event, Signal):
        return "signal"
    return "timer" if isinstance(event, FireTimer) else "job"


def _values(found: Searched, move: SearchMove, world: World | None) -> tuple[dict[str, Any], bool]:
    """Variables that make the choices of this move come out, and whether they are known for all of them."""
    definition = found.definition
    values: dict[str, Any] = {}
    known = dict(found.variables if world is None else world.instance.variables.values)
    is_playable = True
    for choice in move.choices:
        deciding = deciding_values(definition, choice.step_id, choice.taken, {**known, **values})
        if deciding is None or values.keys() & deciding.keys():
            is_playable = False
        else:
            values |= deciding
    # A timer brings no variables, and what the event itself changes is not what was sent with it.
    if move.choices and (isinstance(move.event, FireTimer) or values.keys() & _set_by(definition, move)):
        is_playable = False
    if move.source is None:
        # An expression over a variable that is not there would err.
        values = dict.fromkeys(sorted(names_used(definition)), _SOME_VALUE) | known | values
    return values, is_playable


def _set_by(definition: Definition, move: SearchMove) -> set[str]:
    """The variables that the steps set that were entered."""
    sets = DefinitionShape.of(definition).sets
    return {name for entry in move.entries for name in sets.get(entry.step_id, ())}


# --- times ----------------------------------------------------------------------------------------


def _times(found: Searched, moves: Sequence[SearchMove]) -> list[float]:
    """Seconds after the start at which each event can happen, so that timers fire in the order of the run.

    Time passes before an event only where a timer has to become due. Where a longer timer that began earlier
    fires before a shorter one, what started the shorter one is put off.
    """
    length = len(moves)
    bounds = _bounds(found, moves)
    times = [0.0] * length
    # The longest ways through the differences that have to lie between events.
    for _ in range(length * 2 + 2):
        changed = False
        for earlier, later, at_least in bounds:
            if times[earlier] + at_least > times[later] + 1e-9:
                times[later] = times[earlier] + at_least
                changed = True
        if not changed:
            break
    return [round(time - times[0], 3) for time in times]


def _bounds(found: Searched, moves: Sequence[SearchMove]) -> list[tuple[int, int, float]]:
    """(earlier, later, seconds): how much later one event is at least; negative: how much at most."""
    bounds = [(number, number + 1, 0.0) for number in range(len(moves) - 1)]
    began: dict[str, int] = {}
    for number, move in enumerate(moves):
        world = None if move.source is None else found.situations[move.source].world
        pending = () if world is None else world.timers
        for timer in pending:
            start = began.get(timer.id, 0)
            seconds = timer.length_ns / _NS_PER_S
            if isinstance(move.event, FireTimer) and timer.id == move.event.timer_id:
                bounds.append((start, number, seconds))
                bounds.append((number, start, -seconds))
            else:
                # Not due yet.
                bounds.append((number, start, -seconds + 1.0))
        for timer in found.situations[move.target].world.timers:
            began.setdefault(timer.id, number)
    return bounds
