"""What expressions will be regretted for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import (
    Trap,
    analyse,
    compare_conditions,
    inner_source,
    is_expression,
    witness_text,
)

# Each pair of conditions is compared; past this many of one step the rest is left out.
_MAX_PAIRS = 2_000


def expression_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index)
        for condition in step.conditional_next_steps:
            yield from _trapped((*at, "conditionalNextSteps", condition), step, condition)
            yield from _never_boolean((*at, "conditionalNextSteps", condition), step, condition)
        yield from _ambiguous(at, step)
        if step.type == StepType.TRANSFORMATION:
            yield from _transformations((*at, "transformations"), step)


def _trapped(path: Path, step: Step, source: str) -> Iterator[Problem]:
    """What the author of an expression trips over."""
    for finding in analyse(source).findings:
        broken = finding.trap is Trap.UNREADABLE
        code = codes.BROKEN_EXPRESSION if broken else codes.MISREAD_EXPRESSION
        yield warning(path, code, f'step "{step.id}": expression "{source}": {finding.text}')


def _never_boolean(path: Path, step: Step, condition: str) -> Iterator[Problem]:
    result = analyse(condition).result
    if result not in ("", "bool"):
        text = f'step "{step.id}": expression "{condition}": result is {result}, not bool'
        yield warning(path, codes.BROKEN_EXPRESSION, text)


# --- branches that hold together ----------------------------------------------------------------


def _ambiguous(at: Path, step: Step) -> Iterator[Problem]:
    """Conditions that hold together for some variables; without such a witness there is no warning."""
    for one, other in islice(combinations(step.conditional_next_steps, 2), _MAX_PAIRS):
        if step.conditional_next_steps[one] == step.conditional_next_steps[other]:
            continue
        witness = compare_conditions(one, other).witness
        if witness is not None:
            shown = witness_text(witness)
            text = (
                f'step "{step.id}": "{one}" and "{other}" can hold together ({shown}); their order is random'
            )
            yield warning((*at, "conditionalNextSteps", other), codes.AMBIGUOUS_BRANCHES, text)


# --- transformations ----------------------------------------------------------------------------


def _transformations(path: Path, step: Step) -> Iterator[Problem]:
    for name, literal in step.transformations.items():
        if _holds_mark(literal) and not (isinstance(literal, str) and is_expression(literal)):
            text = f'step "{step.id}": "{name}" holds ${{…}} but is no expression as a whole: it stays as it is written'
            yield warning((*path, name), codes.MISREAD_EXPRESSION, text)
        elif isinstance(literal, str) and is_expression(literal):
            yield from _transformation((*path, name), step, inner_source(literal))


def _holds_mark(literal: object) -> bool:
    """Whether a text, or one within a list or object, holds ``${``."""
    if isinstance(literal, dict):
        return any(map(_holds_mark, literal.values()))
    return (
        any(map(_holds_mark, literal))
        if isinstance(literal, list)
        else isinstance(literal, str) and "${" in literal
    )


def _transformation(path: Path, step: Step, source: str) -> Iterator[Problem]:
    if source != "now()":
        yield from _trapped(path, step, source)
    for other in sorted(set(analyse(source).names) & step.transformations.keys() - {path[-1]}):
        text = (
            f'step "{step.id}": "{path[-1]}" uses "{other}", which the same step sets; their order is random'
        )
        yield warning(path, codes.TRANSFORMATION_ORDER, text)
