"""Conditions and transformations: what the steps' expressions make of the variables."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.circumstances import Circumstances

NO_BRANCH = "no conditionalNextSteps branch matched (DecisionNoBranchMatched)"

_EXPRESSION = re.compile(r"\$\{(.*)\}", re.DOTALL)
_NOW = re.compile(r"\s*now\(\)\s*")


class StepFailed(Exception):  # noqa: N818 - the workflow's failure, not the program's
    """The step cannot be done; the text is the engine's failure reason."""


def _language() -> Any:
    # Loaded when the first expression is met.
    return importlib.import_module("rochallor_cli.dev_engine.expression")


def as_doubles(value: object) -> object:
    """A JSON value with every number a float, as expressions see variables."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {key: as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    return value


def taken_branch(step: Step, variables: Variables, circumstances: Circumstances) -> str:
    """The step id of a branch whose condition holds, the conditions tried in no fixed order.

    Raises StepFailed when a condition that was tried errs or is no boolean, and when none holds.
    """
    names = _names(variables)
    untried = list(step.conditional_next_steps)
    while untried:
        condition = untried[0] if len(untried) == 1 else circumstances.choose(untried)
        untried.remove(condition)
        if _holds(condition, names, circumstances):
            return step.conditional_next_steps[condition]
    raise StepFailed(NO_BRANCH)


def _holds(condition: str, names: Mapping[str, object], circumstances: Circumstances) -> bool:
    try:
        result = _language().evaluate(condition, names, now=circumstances.now())
    except _language().ExpressionError as error:
        raise StepFailed(f"expression eval error: {error}") from None
    if not isinstance(result, bool):
        raise StepFailed(f'expression "{condition}": result is {_go_type(result)}, not bool')
    return result


def transformed(step: Step, variables: Variables, circumstances: Circumstances) -> Variables:
    """The variables after a TRANSFORMATION, its entries done in no fixed order.

    Raises StepFailed when an expression errs, and WorkflowStuck when a result has no JSON.
    """
    names = dict(_names(variables))
    changes: dict[str, object] = {}
    undone = list(step.transformations)
    while undone:
        name = undone[0] if len(undone) == 1 else circumstances.choose(undone)
        undone.remove(name)
        names[name] = changes[name] = _transformation(name, step.transformations[name], names, circumstances)
    return variables.merged({name: _stored(value) for name, value in changes.items()})


def _transformation(
    name: str, literal: object, names: Mapping[str, object], circumstances: Circumstances
) -> object:
    found = _EXPRESSION.fullmatch(literal) if isinstance(literal, str) else None
    if found is None:
        return as_doubles(literal)
    if _NOW.fullmatch(found[1]):
        return circumstances.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        return _language().evaluate(found[1], names, now=circumstances.now())
    except _language().ExpressionError as error:
        raise StepFailed(f'transformation "{name}": expression eval: {error}') from None
    except _language().UnrepresentableResult as error:
        raise WorkflowStuck(f"transformation: marshal merged vars: {error}") from None


def _stored(value: object) -> object:
    """A JSON value with whole numbers as ints, as they are written."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_stored(item) for item in value]
    return value


def _names(variables: Variables) -> Mapping[str, object]:
    names = as_doubles(dict(variables.values))
    assert isinstance(names, dict)
    return names


def _go_type(value: object) -> str:
    if value is None:
        return "<nil>"
    names = {
        str: "string",
        float: "float64",
        int: "int",
        list: "[]interface {}",
        dict: "map[string]interface {}",
    }
    return names.get(type(value), type(value).__name__)
