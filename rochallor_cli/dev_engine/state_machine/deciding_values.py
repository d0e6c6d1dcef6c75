"""Values of variables with which a step takes a branch: how a run that was searched can be played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rochallor_cli.dev_engine import expression
from rochallor_cli.dev_engine.definition.model import Definition, Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import inner_source, is_expression
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED

_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def deciding_values(
    definition: Definition, step_id: str, *, condition: str, known: Mapping[str, object]
) -> Mapping[str, object] | None:
    """Values with which the step takes the branch of this condition; None where none are found.

    known: what the variables are already; they stay where they do.
    """
    step = definition.step(step_id)
    if step is None or condition not in step.conditional_next_steps:
        return None
    for source in _sources(tuple(step.conditional_next_steps), condition):
        witness = expression.compare_conditions(source, "true").witness
        if witness is None:
            continue
        values = {name: value for name, value in witness.items() if known.get(name) != value}
        if _is_taken(definition, step_id, condition=condition, values={**known, **values}):
            return values
    return None


def names_used(definition: Definition) -> frozenset[str]:
    """Every variable that an expression of the definition uses."""
    return frozenset(
        name for step in definition.steps for source in _expressions(step) for name in _names(source)
    )


def _names(source: str) -> tuple[str, ...]:
    return expression.compile_expression(source).names


def _expressions(step: Step) -> Iterator[str]:
    yield from step.conditional_next_steps
    literals = list(step.transformations.values())
    for rule in () if step.decision_table is None else step.decision_table.rules:
        yield from (cell for cell in rule.when.values() if cell.strip())
        literals += rule.outputs.values()
    yield from (inner_source(each) for each in literals if isinstance(each, str) and is_expression(each))


def _sources(conditions: tuple[str, ...], wanted: str) -> list[str]:
    """What has to hold: the condition alone, or with all others not holding; the shorter is tried first."""
    others = [other for other in conditions if other != wanted]
    return [wanted, " && ".join([f"({wanted})", *(f"!({other})" for other in others)])]


def _is_taken(definition: Definition, step_id: str, *, condition: str, values: Mapping[str, object]) -> bool:
    step = definition.by_id[step_id]
    try:
        branches = EVALUATED.branches(step, Variables(values=values), lambda: _SOME_TIME, definition.rules)
    except WorkflowStuck:
        return False
    return [branch.condition for branch in branches] == [condition]
