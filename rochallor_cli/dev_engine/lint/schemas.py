"""What schemas say of the expressions behind them: conditions that never hold, and operands that are converted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.definition.schemas import schema_violation
from rochallor_cli.dev_engine.expression import (
    VariableType,
    coercion_traps,
    contradicted_by,
    inner_source,
    is_expression,
)
from rochallor_cli.dev_engine.lint.expressions import TRAP_CODES
from rochallor_cli.dev_engine.lint.variable_types import Types, types_at_branches, types_at_steps


def schema_warnings(
    definition: Definition, variables: Mapping[str, object] | None = None
) -> Iterator[Problem]:
    """variables: those that instances are started with, where they are known."""
    if variables is not None and (violation := schema_violation(definition.input_schema, variables)):
        text = f"an instance cannot be started with these variables: {violation}"
        yield warning(("input_schema",), codes.START_REFUSED, text)
    known = types_at_steps(definition, variables)
    for index, step in enumerate(definition.steps):
        types = known.get(step.id, {})
        at: Path = ("steps", index)
        for path, condition, there in _conditions(at, step, types):
            given = {name: VariableType(each.type, each.nullable) for name, each in there.items()}
            name = contradicted_by(condition, given, coercion=definition.rules.coercion)
            if name is not None and not _is_told(condition, name=name, definition=definition):
                text = (
                    f'step "{step.id}": "{condition}" can never hold, since {there[name].because} "{name}" is of '
                    f"type {there[name].type}"
                )
                yield warning(path, codes.SCHEMA_CONTRADICTS, text)
        if definition.rules.coercion:
            yield from _converted(at, step, types)


def _is_told(condition: str, *, name: str, definition: Definition) -> bool:
    """Whether a trap of the conversion, which is told without a schema, says as much of this variable."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return definition.rules.coercion and any(word.search(each.text) for each in coercion_traps(condition))


def _converted(at: Path, step: Step, types: Types) -> Iterator[Problem]:
    """What the conversion of operands does to variables of known types, past what shows without them."""
    sources = [(path, condition, there) for path, condition, there in _conditions(at, step, types)]
    if step.type == StepType.TRANSFORMATION:
        for name, literal in step.transformations.items():
            if isinstance(literal, str) and is_expression(literal):
                sources.append(((*at, "transformations", name), inner_source(literal), types))
    for path, source, there in sources:
        told = {finding.trap for finding in coercion_traps(source)}
        names = {name: known.type for name, known in there.items()}
        for finding in coercion_traps(source, names) if names else ():
            if finding.trap not in told:
                text = f'step "{step.id}": expression "{source}": {finding.text}'
                yield warning(path, TRAP_CODES[finding.trap], text)


def _conditions(at: Path, step: Step, types: Types) -> Iterator[tuple[Path, str, Types]]:
    for condition in step.conditional_next_steps:
        yield (*at, "conditionalNextSteps", condition), condition, types_at_branches(step, types)
    table = step.decision_table if step.type == StepType.DECISION_TABLE else None
    for index, rule in enumerate(table.rules if table else ()):
        cells = {column: cell for column, cell in rule.when.items() if cell.strip()}
        for column, cell in cells.items():
            yield (*at, "decisionTable", "rules", index, "when", column), cell, types
