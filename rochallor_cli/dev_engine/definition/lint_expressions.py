"""What expressions will be regretted for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations, islice, product

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    UnrepresentableResult,
    compile_expression,
    evaluate,
    evaluate_condition,
    is_expression,
)

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_MAX_SAMPLES = 400
_FOREIGN_WORDS = {
    "null": "nil",
    "None": "nil",
    "undefined": "nil",
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "$env": "the variable's own name",
}
_REMAINDER_OF_DOUBLES = re.compile("float64 % |% float64")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_REWRITTEN = re.compile(r"#\w|\$\{|\bcontains\(")
_LITERAL = re.compile(r"(?<![\w.])\d+(?:\.\d+)?|\"([^\"]*)\"|'([^']*)'")


def expression_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index)
        for condition in step.conditional_next_steps:
            yield from _broken((*at, "conditionalNextSteps", condition), step, condition)
        yield from _ambiguous(at, step)
        if step.type == StepType.TRANSFORMATION:
            yield from _transformations((*at, "transformations"), step)


def _broken(path: Path, step: Step, source: str) -> Iterator[Problem]:
    compiled = compile_expression(source)
    fault = compiled.fault
    for hint in () if fault else _misreadings(source, compiled.names):
        yield warning(path, codes.MISREAD_EXPRESSION, f'step "{step.id}": expression "{source}": {hint}')
    if fault:
        first_line = fault.split("\n")[0]
        yield warning(path, codes.BROKEN_EXPRESSION, f'step "{step.id}": expression "{source}": {first_line}')


def _misreadings(source: str, names: Sequence[str]) -> Iterator[str]:
    """Hints on what the language does not mean by what is written."""
    for name in sorted(_FOREIGN_WORDS.keys() & set(names)):
        yield f'"{name}" is an undefined variable here; write {_FOREIGN_WORDS[name]}'
    if "%" in source and _REMAINDER_OF_DOUBLES.search(_error_with_numbers(source, names)):
        yield "variables are doubles, which have no remainder; write int(x) % 2"
    if any(_REWRITTEN.search(found[0]) for found in _STRING.finditer(source)):
        yield "#name, ${…} and contains(…) are rewritten within quotes as well; use backquotes"


def _error_with_numbers(source: str, names: Sequence[str]) -> str:
    try:
        evaluate(source, dict.fromkeys(names, 5.0), now=_NOW)
    except ExpressionError as error:
        return error.text
    except UnrepresentableResult:
        pass
    return ""


# --- branches that hold together ----------------------------------------------------------------


def _ambiguous(at: Path, step: Step) -> Iterator[Problem]:
    """Look for variables with which two conditions hold; without a witness there is no warning."""
    conditions = list(step.conditional_next_steps)
    for one, other in combinations(conditions, 2):
        if step.conditional_next_steps[one] == step.conditional_next_steps[other]:
            continue
        witness = _witness(one, other)
        if witness is not None:
            shown = ", ".join(f"{name} = {_shown(value)}" for name, value in witness.items()) or "always"
            text = (
                f'step "{step.id}": "{one}" and "{other}" can hold together ({shown}); their order is random'
            )
            yield warning((*at, "conditionalNextSteps", other), codes.AMBIGUOUS_BRANCHES, text)


def _witness(one: str, other: str) -> Mapping[str, object] | None:
    compiled = [compile_expression(source) for source in (one, other)]
    if any(each.fault for each in compiled):
        return None
    names = sorted({name for each in compiled for name in each.names})
    samples = _samples(one + " " + other)
    for values in islice(product(samples, repeat=len(names)), _MAX_SAMPLES):
        variables = dict(zip(names, values, strict=True))
        if _holds(one, variables) and _holds(other, variables):
            return variables
    return None


def _samples(text: str) -> Sequence[object]:
    """Values worth trying: what the conditions name, and what lies beside it."""
    samples: list[object] = []
    for found in _LITERAL.finditer(text):
        quoted = found[1] if found[1] is not None else found[2]
        if quoted is not None:
            samples.append(quoted)
        else:
            number = float(found[0])
            samples += [number, number + 1, number - 1]
    samples += [True, False, 0.0, "", "other"]
    return [value for index, value in enumerate(samples) if not _is_in(value, samples[:index])]


def _is_in(value: object, samples: Sequence[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in samples)


def _holds(condition: str, variables: Mapping[str, object]) -> bool:
    try:
        return evaluate_condition(condition, variables, now=_NOW)
    except ExpressionError:
        return False


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else f'"{value}"'


# --- transformations ----------------------------------------------------------------------------


def _transformations(path: Path, step: Step) -> Iterator[Problem]:
    for name, literal in step.transformations.items():
        if not isinstance(literal, str) or not is_expression(literal):
            continue
        source = literal.strip()[2:-1]
        yield from _broken((*path, name), step, source)
        used = set(compile_expression(source).names) & step.transformations.keys() - {name}
        for other in sorted(used):
            text = (
                f'step "{step.id}": "{name}" uses "{other}", which the same step sets; their order is random'
            )
            yield warning((*path, name), codes.TRANSFORMATION_ORDER, text)
