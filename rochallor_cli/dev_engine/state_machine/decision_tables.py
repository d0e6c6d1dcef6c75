"""Decision tables: which rules hold for the variables, and what the hit policy makes of their outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final, TypeVar

from rochallor_cli.dev_engine import expression
from rochallor_cli.dev_engine.definition.model import Step, TableRule
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    NotBooleanError,
    UnrepresentableResult,
    inner_source,
    is_expression,
)
from rochallor_cli.dev_engine.go_json.reading import whole_as_int
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.go_text import float_text, quoted
from rochallor_cli.dev_engine.records import Variables, as_doubles
from rochallor_cli.dev_engine.state_machine.conditions import (
    StepFailed,
    check_length,
    merged_variables,
)
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.versions import EngineRules

NO_RULE = "DecisionTableNoRuleMatched"
UNIQUE, FIRST, ANY = "U", "F", "A"

T = TypeVar("T")
Outputs = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DecisionCell:
    """What came of one condition: it held, it did not, or it could not be told (`trouble` says why)."""

    column: str
    source: str
    holds: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds, with the values of its outputs."""

    rule: int
    outputs: Outputs


def decided(step: Step, variables: Variables, inputs: EventInputs, rules: EngineRules) -> Variables:
    """The variables after a DECISION_TABLE; everything in it sees them as they were before.

    Raises StepFailed with the engine's reason, and WorkflowStuck when a result has no JSON.
    """
    assert step.decision_table is not None, "an upload without a table is refused"
    matching = _matching_rules(step, variables, inputs, rules)
    if not matching:
        raise StepFailed(NO_RULE)
    policy = step.hit_policy or UNIQUE
    if policy == UNIQUE and len(matching) > 1:
        indices = " ".join(map(str, matching))
        raise StepFailed(
            f"DecisionTableUniqueViolation: step {quoted(step.id)}, matching rule indices [{indices}]"
        )
    table = step.decision_table.rules
    hits = [Hit(index, _outputs(index, table[index], variables, inputs, rules)) for index in matching]
    changes = {name: whole_as_int(value) for name, value in _result(policy, step, hits, inputs).items()}
    return merged_variables("decision table", variables, changes)


# --- rules -----------------------------------------------------------------------------------------


def cells_of(
    rule: TableRule, names: Mapping[str, object], inputs: EventInputs, rules: EngineRules
) -> Iterator[DecisionCell]:
    """Each condition of a rule with what comes of it; blank ones, which hold always, are left out."""
    for column, source in rule.when.items():
        if source.strip():
            yield _cell(column, source, names, inputs, rules)


def _cell(
    column: str, source: str, names: Mapping[str, object], inputs: EventInputs, rules: EngineRules
) -> DecisionCell:
    try:
        return DecisionCell(
            column, source, expression.evaluate_test(source, names, now=inputs.now(), coercion=rules.coercion)
        )
    except NotBooleanError as error:
        return DecisionCell(column, source, holds=False, trouble=f"result={error.go_type} not bool")
    except ExpressionError as error:
        return DecisionCell(column, source, holds=False, trouble=f"err={error.text}")


def _matching_rules(step: Step, variables: Variables, inputs: EventInputs, rules: EngineRules) -> list[int]:
    """The rules that hold, by number. Raises StepFailed for a cell that comes to no truth value."""
    assert step.decision_table is not None, "an upload without a table is refused"
    found = []
    for index, rule in enumerate(step.decision_table.rules):
        failing = [cell for cell in cells_of(rule, variables.doubles, inputs, rules) if not cell.holds]
        # The cells have no order, and the first that does not hold decides.
        first = _any_of(failing, inputs) if any(cell.trouble for cell in failing) else None
        if first is not None and first.trouble:
            where = f"ruleIndex={index} column={quoted(first.column)} expr={quoted(first.source)}"
            raise StepFailed(f"DecisionTableCellError: {where} {first.trouble}")
        if not failing:
            found.append(index)
            if step.hit_policy == FIRST:
                break
    return found


def _any_of(options: Sequence[T], inputs: EventInputs) -> T:
    return options[0] if len(options) == 1 else inputs.choose(options)


# --- outputs ---------------------------------------------------------------------------------------


def _outputs(
    index: int, rule: TableRule, variables: Variables, inputs: EventInputs, rules: EngineRules
) -> Outputs:
    found: dict[str, object] = {}
    faults: list[str] = []
    for name, literal in rule.outputs.items():
        if not isinstance(literal, str) or not is_expression(literal):
            found[name] = literal
            continue
        try:
            found[name] = expression.evaluate_value(
                literal, variables.doubles, now=inputs.now(), coercion=rules.coercion
            )
        except ExpressionError as error:
            where = f"ruleIndex={index} output={quoted(name)} expr={quoted(inner_source(literal))}"
            faults.append(f"DecisionTableOutputError: {where} err={error.text}")
        except UnrepresentableResult as error:
            raise WorkflowStuck(f"decision table: marshal merged vars: {error.text}") from None
        else:
            check_length(f"decision table: output {quoted(name)}", found[name])
    if faults:
        raise StepFailed(_any_of(faults, inputs))
    return found


def _result(policy: str, step: Step, hits: Sequence[Hit], inputs: EventInputs) -> Outputs:
    """What the hit policy makes of the rules that hold. Raises StepFailed."""
    if policy in (UNIQUE, FIRST):
        return hits[0].outputs
    if policy == ANY:
        return _agreed(step, hits, inputs)
    columns = dict.fromkeys(name for hit in hits for name in hit.outputs)
    values = {name: [hit.outputs.get(name) for hit in hits] for name in columns}
    if policy not in _AGGREGATES:
        return values
    if policy != COUNT:
        faults = [fault for name in columns if (fault := _not_numeric(step, name, values[name]))]
        if faults:
            raise StepFailed(_any_of(faults, inputs))
    return {name: _finite(_AGGREGATES[policy](values[name])) for name in columns}


def _agreed(step: Step, hits: Sequence[Hit], inputs: EventInputs) -> Outputs:
    """The first rule's outputs, if the others that hold have the same in its columns."""
    first = hits[0]
    conflicts = []
    for name, value in first.outputs.items():
        other = next((hit for hit in hits[1:] if not _equal(value, hit.outputs.get(name))), None)
        if other is not None:
            values = f"[{_shown(value)}, {_shown(other.outputs.get(name))}]"
            where = f"step {quoted(step.id)}, column={quoted(name)} values={values}"
            conflicts.append(f"DecisionTableAnyConflict: {where} (ruleIndex {first.rule} vs {other.rule})")
    if conflicts:
        raise StepFailed(_any_of(conflicts, inputs))
    return first.outputs


def _equal(one: object, other: object) -> bool:
    return write(whole_as_int(one)) == write(whole_as_int(other))


def _shown(value: object) -> str:
    return expression.value_text(as_doubles(value))


COUNT: Final = "C#"
_AGGREGATES: Final[Mapping[str, Callable[[list[object]], float]]] = {
    # One after the other, as the engine adds: Python's sum of doubles is more exact.
    "C+": lambda values: reduce(add, map(_number, values)),
    COUNT: len,
    "C>": lambda values: max(map(_number, values)),
    "C<": lambda values: min(map(_number, values)),
}


def _not_numeric(step: Step, name: str, values: Sequence[object]) -> str:
    for index, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | float):
            shown = (
                f"value {_shown(value)} (type {expression.go_type_of(as_doubles(value))}) at index {index}"
            )
            where = f"step {quoted(step.id)}, column={quoted(name)}"
            return f"DecisionTableAggregatorTypeError: {where}: {shown} is not numeric"
    return ""


def _number(value: object) -> float:
    assert isinstance(value, int | float), "what is no number was refused before"
    return float(value)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        reason = f"json: unsupported value: {float_text(number)}"
        raise WorkflowStuck(f"decision table: marshal merged vars: {reason}")
    return number
