"""The shortest run that shows a finding: for people as a timeline, for programs as what is to be sent and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rochallor_cli.dev_engine.explore import (
    CompleteUserTask,
    Definition,
    Event,
    FailJob,
    FireTimer,
    PendingTimer,
    Schema,
    Signal,
    Step,
    deciding_values,
    names_used,
    schema_violation,
)
from rochallor_cli.verification.definition_graph import DefinitionGraph
from rochallor_cli.verification.findings import Flaw
from rochallor_cli.verification.search import SearchMove, SearchResult, Situation

_NS_PER_S = 1_000_000_000
_SOME_VALUE = 1
_SOME_OF_TYPE = {"string": "text", "number": 1, "integer": 1, "boolean": True}
# Under these hit policies rules that fit as well do no harm, and columns need no numbers.
_TAKES_WHAT_FITS = ("F", "R", "C", "C#")


@dataclass(frozen=True)
class TraceEvent:
    """One event of a run. at: seconds after the start. choice: what conditions came to, "step: condition"."""

    event: str
    step: str
    variables: Mapping[str, Any]
    choice: Sequence[str]
    status: str
    at: float
    # What was entered, and the current steps afterwards (None: not known).
    entered: Sequence[str] = ()
    open_steps: Sequence[str] | None = ()
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

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> TraceEvent:
        """An event of a trace as `as_json` gives it. Raises KeyError where it is none."""
        return cls(
            event=str(found["event"]),
            step=str(found.get("step", "")),
            variables=dict(found.get("variables") or {}),
            choice=list(found.get("choice") or ()),
            status=str(found["status"]),
            at=float(found.get("at", 0.0)),
            open_steps=None,
        )


def trace_of(found: SearchResult, finding: Flaw) -> list[TraceEvent]:
    """The run with the fewest events that shows the finding; empty where nothing has to run for it."""
    moves = _shortest(found, finding)
    times, can_be_kept = _times(found, moves)
    events = [_trace_event(found, move, at) for move, at in zip(moves, times, strict=True)]
    return events if can_be_kept else [replace(event, is_playable=False) for event in events]


def _shortest(found: SearchResult, finding: Flaw) -> list[SearchMove]:
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


def _trace_event(found: SearchResult, move: SearchMove, at: float) -> TraceEvent:
    source = None if move.source is None else found.situations[move.source]
    values, is_playable = _values(found, move, source)
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


def _values(found: SearchResult, move: SearchMove, source: Situation | None) -> tuple[dict[str, Any], bool]:
    """Variables that make the choices of this move come out, and whether they are known for all of them."""
    definition = found.definition
    values: dict[str, Any] = {}
    known = dict(found.variables if source is None else source.variables)
    is_playable = True
    for choice in move.choices:
        deciding = deciding_values(
            definition, choice.step_id, condition=choice.taken, known={**known, **values}
        )
        if deciding is None or values.keys() & deciding.keys():
            is_playable = False
        else:
            values |= deciding
    fixed = known.keys() if source is None else found.assumed
    for step in _steps_of_one_way(definition, move):
        deciding = _any_holds(definition, step, {**known, **values})
        if not deciding.keys() & (values.keys() | fixed):
            values |= deciding
    if any(_may_match_nothing(definition, entry.step_id) for entry in move.entries):
        is_playable = False
    # A timer brings no variables, and what the event itself changes is not what was sent with it.
    if move.choices and (isinstance(move.event, FireTimer) or values.keys() & _set_by(definition, move)):
        is_playable = False
    choices_made = values.keys()
    if move.source is None:
        # An expression over a variable that is not there would err.
        values = dict.fromkeys(sorted(names_used(definition)), _SOME_VALUE) | known | values
    schema = _schema_at(definition, move)
    if schema is not None:
        values = _fitting(schema, values, {*known, *choices_made})
        is_playable = is_playable and not schema_violation(schema, values)
    return values, is_playable


def _schema_at(definition: Definition, move: SearchMove) -> Schema | None:
    """What the variables of a start or of a job's completion have to fit."""
    if move.source is None:
        return definition.input_schema
    step = definition.step(move.step)
    return step.outputs_schema if step is not None and _kind(move.event) == "job" else None


def _fitting(schema: Schema, values: Mapping[str, Any], decided: Collection[str]) -> dict[str, Any]:
    """The values, and some of the right type for what is required or was only made up."""
    some = {
        name: _SOME_OF_TYPE[type_]
        for name, type_ in schema.properties.items()
        if name in schema.required or name in values
    }
    return {**values, **{name: value for name, value in some.items() if name not in decided}}


def _steps_of_one_way(definition: Definition, move: SearchMove) -> Iterator[Step]:
    """The steps left by branches that all lead to one step: no choice, but one of their conditions has to hold."""
    if isinstance(move.event, FireTimer | FailJob):
        return
    chosen = {choice.step_id for choice in move.choices}
    for step_id in dict.fromkeys([move.step, *(entry.step_id for entry in move.entries)]):
        step = definition.step(step_id)
        targets = set() if step is None or move.reason else set(step.conditional_next_steps.values())
        if step is not None and step_id not in chosen and len(targets) == 1:
            yield step


def _any_holds(definition: Definition, step: Step, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Variables with which one of the step's conditions holds; none where they are not known."""
    for condition in step.conditional_next_steps:
        deciding = deciding_values(definition, step.id, condition=condition, known=known)
        if deciding is not None:
            return deciding
    return {}


def _may_match_nothing(definition: Definition, step_id: str) -> bool:
    """Whether a step is a table of which the search assumes that its rules fit the variables, whatever they are."""
    step = definition.step(step_id)
    table = None if step is None else step.decision_table
    if step is None or table is None:
        return False
    has_rule_for_all = any(not any(cell.strip() for cell in rule.when.values()) for rule in table.rules)
    return not (has_rule_for_all and step.hit_policy in _TAKES_WHAT_FITS)


def _set_by(definition: Definition, move: SearchMove) -> set[str]:
    """The variables that the steps set that were entered."""
    sets = DefinitionGraph.of(definition).sets
    return {name for entry in move.entries for name in sets.get(entry.step_id, ())}


# --- times ----------------------------------------------------------------------------------------


def _times(found: SearchResult, moves: Sequence[SearchMove]) -> tuple[list[float], bool]:
    """Seconds after the start at which each event can happen, so that timers fire in the order of the run.

    False where they cannot unless an engine is late: the search lets any time pass between two events.

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
    can_be_kept = all(times[earlier] + at_least <= times[later] + 1e-6 for earlier, later, at_least in bounds)
    return [round(time - times[0], 3) for time in times], can_be_kept


def _fired(
    move: SearchMove, pending: Sequence[PendingTimer], began: Mapping[str, int]
) -> tuple[int, float] | None:
    """When the timer of a move began, by the number of its move, and how long it runs."""
    for timer in pending:
        if isinstance(move.event, FireTimer) and timer.id == move.event.timer_id:
            return began.get(timer.id, 0), timer.length_ns / _NS_PER_S
    return None


def _bounds(found: SearchResult, moves: Sequence[SearchMove]) -> list[tuple[int, int, float]]:
    """(earlier, later, seconds): how much later one event is at least; negative: how much at most."""
    bounds = [(number, number + 1, 0.0) for number in range(len(moves) - 1)]
    began: dict[str, int] = {}
    for number, move in enumerate(moves):
        pending = () if move.source is None else found.situations[move.source].timers
        for timer in pending:
            start = began.get(timer.id, 0)
            seconds = timer.length_ns / _NS_PER_S
            if isinstance(move.event, FireTimer) and timer.id == move.event.timer_id:
                bounds.append((start, number, seconds))
                bounds.append((number, start, -seconds))
            else:
                # Not due yet; or at the very same moment, and then the engine has no order for them.
                is_same = (start, seconds) == _fired(move, pending, began)
                bounds.append((number, start, -seconds if is_same else -seconds + 1.0))
        for timer in found.situations[move.target].timers:
            began.setdefault(timer.id, number)
    return bounds
