"""What a step does otherwise in another version of the engine, found by trying both with the same values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step, StepType
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import inner_source, is_expression
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.lint.variable_types import types_at_steps
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.sample_values import assignments
from rochallor_cli.dev_engine.state_machine.choices import first_written
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, StepFailed
from rochallor_cli.dev_engine.state_machine.decision_tables import decided
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs

# Worst first.
SILENT: Final = "silently"
FAILS: Final = "fails"
REFUSED: Final = "refused"
BETTER: Final = "better"
KINDS: Final = (SILENT, FAILS, REFUSED, BETTER)

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True)
class StepDifference:
    """One step that two versions do in different ways; before, after: what comes of the example in each."""

    kind: str
    step: str
    text: str
    before: str
    after: str
    example: Mapping[str, Any]
    mend: str = ""


@dataclass(frozen=True)
class _Outcomes:
    """What may come of a step, the likeliest first: where conditions have no order several may."""

    texts: tuple[str, ...]
    failures: tuple[bool, ...]

    @property
    def all_fail(self) -> bool:
        return all(self.failures)


def step_differences(old: Definition, new: Definition) -> Iterator[StepDifference]:
    """The steps of a definition that come out otherwise, each kind once for each step, with an example."""
    types = {step: {name: known.type for name, known in found.items() if not known.nullable} for step, found
             in types_at_steps(new).items()}  # fmt: skip
    for step in new.steps:
        before = old.step(step.id)
        if before is None:
            continue
        yield from _of_timers(before, step, old=old, new=new)
        if sources := _sources(step):
            yield from _of_values(
                before, step, old=old, new=new, sources=sources, types=types.get(step.id, {})
            )


def _sources(step: Step) -> list[str]:
    """The expressions that the engine evaluates at a step."""
    if step.type == StepType.DECISION_TABLE:
        rules = step.decision_table.rules if step.decision_table is not None else ()
        cells = [cell for rule in rules for cell in rule.when.values() if cell.strip()]
        return cells + [source for rule in rules for source in _expressions(rule.outputs)]
    if step.type == StepType.TRANSFORMATION:
        return _expressions(step.transformations)
    return list(step.conditional_next_steps) if step.type in RESTING | {StepType.DECISION} else []


def _expressions(literals: Mapping[str, object]) -> list[str]:
    inner = [
        inner_source(each) for each in literals.values() if isinstance(each, str) and is_expression(each)
    ]
    return [source for source in inner if source != "now()"]


def _of_values(
    before: Step,
    step: Step,
    *,
    old: Definition,
    new: Definition,
    sources: list[str],
    types: Mapping[str, str],
) -> Iterator[StepDifference]:
    if _does_alike(old, new, has_branches=bool(step.conditional_next_steps)):
        return
    told: set[str] = set()
    for values in assignments(sources, types):
        was, now = _outcomes(before, old, values), _outcomes(step, new, values)
        kind = _kind(was, now)
        if kind is not None and kind not in told:
            told.add(kind)
            text = f'step "{step.id}": {_summary(kind, was)}'
            yield StepDifference(kind, step.id, text, " or ".join(was.texts), now.texts[0], values)


def _does_alike(old: Definition, new: Definition, *, has_branches: bool) -> bool:
    is_same_order = old.rules.ordered_branches == new.rules.ordered_branches or not has_branches
    return is_same_order and old.rules.coercion == new.rules.coercion


def _outcomes(step: Step, definition: Definition, values: Mapping[str, Any]) -> _Outcomes:
    variables, rules = Variables(values=values), definition.rules
    try:
        if step.type == StepType.TRANSFORMATION:
            after = EVALUATED.transformed(step, variables, lambda: _NOW, rules, choose=first_written)
            return _sets(after.values, step.transformations)
        if step.type == StepType.DECISION_TABLE:
            after = decided(step, variables, EventInputs(int(_NOW.timestamp()) * _NS_PER_S), rules)
            names = {
                name
                for rule in (step.decision_table.rules if step.decision_table else ())
                for name in rule.outputs
            }
            return _sets(after.values, dict.fromkeys(sorted(names)))
    except StepFailed as failed:
        return _Outcomes((f"fails: {failed}",), (True,))
    except WorkflowStuck as stuck:
        return _Outcomes((f"500: {stuck.reason}",), (True,))
    found = EVALUATED.branches(step, variables, lambda: _NOW, rules)
    if not found[0].condition and step.type != StepType.DECISION and step.next_step:
        return _Outcomes((f"goes to {step.next_step}",), (False,))
    texts = [f"fails: {branch.failure}" if branch.failure else f"goes to {branch.target}" for branch in found]
    return _Outcomes(
        tuple(dict.fromkeys(texts)), tuple(text.startswith("fails") for text in dict.fromkeys(texts))
    )


def _sets(values: Mapping[str, object], names: Mapping[str, object]) -> _Outcomes:
    text = ", ".join(f"{name} = {write(values[name])}" for name in names if name in values)
    return _Outcomes((f"sets {text}",), (False,))


def _kind(was: _Outcomes, now: _Outcomes) -> str | None:
    if now.all_fail:
        return None if was.all_fail else FAILS
    if was.failures[0]:
        return BETTER
    if now.texts[0] != was.texts[0]:
        # Of branches in no order the first written was taken in some nine of ten runs.
        return SILENT
    return BETTER if len(was.texts) > 1 else None


def _summary(kind: str, was: _Outcomes) -> str:
    if kind == SILENT and len(was.texts) > 1:
        return "another branch than the one written first, which was taken in most runs"
    return {
        SILENT: "comes out otherwise, and nothing says so",
        FAILS: "fails where it worked",
        BETTER: "always the same branch" if len(was.texts) > 1 else "works where it failed",
    }[kind]


# --- timers ---------------------------------------------------------------------------------------


def _of_timers(before: Step, step: Step, *, old: Definition, new: Definition) -> Iterator[StepDifference]:
    for was, now in zip(before.boundary_events, step.boundary_events, strict=True):
        length, other = _length(was.duration, old), _length(now.duration, new)
        if length == other or step.type not in RESTING:
            continue
        kind = FAILS if other is None else BETTER if length is None else SILENT
        text = f'step "{step.id}": its timer "{now.duration}" is read otherwise'
        mend = f"to have it as before write PT{length / _NS_PER_S:g}S" if length is not None else ""
        yield StepDifference(kind, step.id, text, _length_text(length), _length_text(other), {}, mend)


def _length(duration: str, definition: Definition) -> int | None:
    try:
        return duration_ns(duration, definition.rules)
    except DurationError:
        return None


def _length_text(length_ns: int | None) -> str:
    return "500 when the step starts" if length_ns is None else f"{length_ns / _NS_PER_S:g} s"
