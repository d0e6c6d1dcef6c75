"""An author's bench: one expression or one decision table, evaluated without an engine, and why it came out so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import (
    Conversion,
    ExpressionError,
    UnrepresentableResult,
    analyse,
    compile_expression,
    conversions,
    evaluate,
    evaluate_value,
    go_type_of,
    inner_source,
    is_expression,
    rewritten_text,
)
from rochallor_cli.dev_engine.go_json.reading import whole_as_int
from rochallor_cli.dev_engine.lint.expressions import code_of
from rochallor_cli.dev_engine.records import Variables, as_doubles
from rochallor_cli.dev_engine.state_machine.conditions import StepFailed
from rochallor_cli.dev_engine.state_machine.decision_tables import DecisionCell, cells_of, decided
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.versions import EngineRules

T = TypeVar("T")

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TriedExpression:
    """What an expression comes to. `trouble` is why it comes to nothing, in the engine's words."""

    read_as: str
    value: object
    type: str
    trouble: str
    converted: tuple[Conversion, ...]
    traps: tuple[tuple[str, str], ...]
    """Codes with texts, as lint has them."""


@dataclass(frozen=True, slots=True)
class TriedRule:
    """One rule of a table: whether it holds, None where that cannot be told, and its cells."""

    holds: bool | None
    cells: tuple[DecisionCell, ...]
    outputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TriedTable:
    """What a table comes to: each rule, and the variables that are set, or why the step fails.

    may_fail: why it fails in some runs, though not in all: the cells of a rule have no order.
    """

    policy: str
    rules: tuple[TriedRule, ...]
    outputs: Mapping[str, object]
    trouble: str
    may_fail: str


def try_expression(
    source: str, variables: Mapping[str, object], rules: EngineRules, *, now: datetime
) -> TriedExpression:
    """Evaluate an expression as an engine of these rules does. Never raises for what the expression is."""
    value: object = None
    type_, trouble = "", ""
    given = {name: as_doubles(item) for name, item in variables.items()}
    try:
        if is_expression(source) and inner_source(source) == "now()":
            # The one value that engines write as a text of seconds.
            return TriedExpression(source, evaluate_value(source, given, now=now), "string", "", (), ())
        value = whole_as_int(evaluate(source, given, now=now, coercion=rules.coercion))
        type_ = go_type_of(compile_expression(source, rules.coercion).evaluate(given, now=now))
    except (ExpressionError, UnrepresentableResult) as error:
        trouble = error.text
    return TriedExpression(
        read_as=rewritten_text(source),
        value=value,
        type=type_,
        trouble=trouble,
        converted=tuple(conversions(source, given)) if rules.coercion else (),
        traps=(
            *((code_of(finding), finding.text) for finding in analyse(source, rules.coercion).findings),
            *(_unlike_a_value(source, given, rules, now=now) if not trouble else ()),
        ),
    )


def _unlike_a_value(
    source: str, given: Mapping[str, object], rules: EngineRules, *, now: datetime
) -> Iterator[tuple[str, str]]:
    """`${a} + ${b}` is a sum as a condition; as a value it is one `${…}`, with what stands between its ends."""
    if not is_expression(source):
        return
    try:
        evaluate_value(source, given, now=now, coercion=rules.coercion)
    except (ExpressionError, UnrepresentableResult) as error:
        yield codes.BROKEN_EXPRESSION, f"as a value it fails: {error.text}; write one ${{…}} around all of it"


def try_table(
    step: Step, variables: Mapping[str, object], rules: EngineRules, *, now: datetime
) -> TriedTable:
    """Evaluate a DECISION_TABLE as an engine of these rules does."""
    assert step.decision_table is not None, "asked of steps with a table only"
    given = Variables(values=variables)
    now_ns = int(now.timestamp() * _NS_PER_S)
    outputs, trouble = _decided(step, given, inputs=EventInputs(now_ns, _one_without_trouble), rules=rules)
    _, may_fail = _decided(step, given, inputs=EventInputs(now_ns, _one_in_trouble), rules=rules)
    tried = tuple(_tried_rules(step, given, inputs=EventInputs(now_ns), rules=rules))
    return TriedTable(step.hit_policy or "U", tried, outputs, trouble, "" if trouble else may_fail)


def _decided(
    step: Step, given: Variables, *, inputs: EventInputs, rules: EngineRules
) -> tuple[Mapping[str, object], str]:
    """What the table sets, and why it fails."""
    try:
        after = decided(step, given, inputs, rules).values
    except StepFailed as failed:
        return {}, str(failed)
    except WorkflowStuck as stuck:
        return {}, stuck.reason
    return {name: after[name] for name in _set_here(step) if name in after}, ""


def _one_without_trouble(options: Sequence[T], /) -> T:
    return min(options, key=_is_in_trouble)


def _one_in_trouble(options: Sequence[T], /) -> T:
    return max(options, key=_is_in_trouble)


def _is_in_trouble(option: object) -> bool:
    return isinstance(option, DecisionCell) and bool(option.trouble)


def _set_here(step: Step) -> Iterator[str]:
    assert step.decision_table is not None, "asked of steps with a table only"
    yield from dict.fromkeys(name for rule in step.decision_table.rules for name in rule.outputs)


def _tried_rules(
    step: Step, variables: Variables, *, inputs: EventInputs, rules: EngineRules
) -> Iterator[TriedRule]:
    assert step.decision_table is not None, "asked of steps with a table only"
    for rule in step.decision_table.rules:
        cells = tuple(cells_of(rule, variables.doubles, inputs, rules))
        is_told = not any(cell.trouble for cell in cells)
        holds = all(cell.holds for cell in cells) if is_told else None
        yield TriedRule(holds, cells, rule.outputs)
