"""What expressions will be regretted for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import (
    Finding,
    Trap,
    analyse,
    inner_source,
    is_expression,
)
from rochallor_cli.dev_engine.versions import EngineRules

TRAP_CODES: Final = {
    Trap.UNREADABLE: codes.BROKEN_EXPRESSION,
    Trap.NEVER_EQUAL: codes.NEVER_EQUAL,
    Trap.TEXTS_JOINED: codes.TEXTS_JOINED,
    Trap.TEXTS_ORDERED: codes.TEXTS_ORDERED,
    Trap.NUMBER_AS_TRUTH: codes.NUMBER_AS_TRUTH,
}
"""By trap; all others are expressions that do not mean what they seem to."""


# A name marked as a variable, and something that is done with it.
_MARKED_NAME: Final = re.compile(r"\s*#[A-Za-z_]\w*\s*(\.\s*[A-Za-z_]|\[|[-+*/%?]|[<>=!]=|[<>]|&&|\|\|)")


def code_of(finding: Finding) -> str:
    """The problem code of what an author trips over."""
    return TRAP_CODES.get(finding.trap, codes.MISREAD_EXPRESSION)


def expression_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index)
        for condition in step.conditional_next_steps:
            yield from _condition(
                (*at, "conditionalNextSteps", condition), step, condition=condition, rules=definition.rules
            )
        if step.type == StepType.TRANSFORMATION:
            yield from _transformations((*at, "transformations"), step, definition.rules)
        if step.type == StepType.DECISION_TABLE and step.decision_table is not None:
            yield from _table((*at, "decisionTable", "rules"), step, definition.rules)


def _condition(path: Path, step: Step, *, condition: str, rules: EngineRules) -> Iterator[Problem]:
    yield from trapped(path, step, source=condition, rules=rules)
    found = analyse(condition, rules.coercion)
    result = found.result or (f"what {found.operator} makes" if found.operator else "")
    if not found.fault and result not in ("", "bool"):
        text = f'step "{step.id}": expression "{condition}": result is {result}, not bool'
        yield warning(path, codes.BROKEN_EXPRESSION, text)


def trapped(path: Path, step: Step, *, source: str, rules: EngineRules) -> Iterator[Problem]:
    """What the author of an expression trips over."""
    for finding in analyse(source, rules.coercion).findings:
        yield warning(path, code_of(finding), f'step "{step.id}": expression "{source}": {finding.text}')


def _table(path: Path, step: Step, rules: EngineRules) -> Iterator[Problem]:
    assert step.decision_table is not None, "asked of steps with a table only"
    for index, rule in enumerate(step.decision_table.rules):
        for column, cell in rule.when.items():
            if cell.strip():
                yield from _condition((*path, index, "when", column), step, condition=cell, rules=rules)
        for name, literal in rule.outputs.items():
            yield from _value((*path, index, "outputs", name), step, literal=literal, rules=rules)


# --- transformations ----------------------------------------------------------------------------


def _transformations(path: Path, step: Step, rules: EngineRules) -> Iterator[Problem]:
    for name, literal in step.transformations.items():
        yield from _value((*path, name), step, literal=literal, rules=rules)
        if isinstance(literal, str) and is_expression(literal):
            yield from _order((*path, name), step, inner_source(literal))


def _value(path: Path, step: Step, *, literal: object, rules: EngineRules) -> Iterator[Problem]:
    """A literal, or an expression in `${…}`."""
    if isinstance(literal, str) and is_expression(literal):
        if (source := inner_source(literal)) != "now()":
            yield from trapped(path, step, source=source, rules=rules)
    elif _holds_mark(literal):
        text = (
            f'step "{step.id}": "{path[-1]}" holds ${{…}} but is no expression as a whole: '
            "it stays as it is written"
        )
        yield warning(path, codes.MISREAD_EXPRESSION, text)
    elif isinstance(literal, str) and _looks_like_expression(literal, rules):
        text = (
            f'step "{step.id}": "{path[-1]}" stays the text "{literal}"; to have it evaluated write '
            f'"${{{literal.strip().removeprefix("#")}}}"'
        )
        yield warning(path, codes.TEXT_LIKE_EXPRESSION, text)


def _looks_like_expression(text: str, rules: EngineRules) -> bool:
    """`#total + 1`: a marked name, and as a whole an expression that can be read; no hashtag and no colour."""
    if not _MARKED_NAME.match(text):
        return False
    return not any(
        finding.trap == Trap.UNREADABLE for finding in analyse(text.strip(), rules.coercion).findings
    )


def _holds_mark(literal: object) -> bool:
    """Whether a text, or one within a list or object, holds ``${``."""
    if isinstance(literal, dict):
        return any(map(_holds_mark, literal.values()))
    return (
        any(map(_holds_mark, literal))
        if isinstance(literal, list)
        else isinstance(literal, str) and "${" in literal
    )


def _order(path: Path, step: Step, source: str) -> Iterator[Problem]:
    for other in sorted(set(analyse(source).names) & step.transformations.keys() - {path[-1]}):
        text = (
            f'step "{step.id}": "{path[-1]}" uses "{other}", which the same step sets; their order is random'
        )
        yield warning(path, codes.TRANSFORMATION_ORDER, text)
