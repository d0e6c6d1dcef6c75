"""Conditions and transformations: what the steps' expressions make of the variables."""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    UnrepresentableResult,
    evaluate_condition,
    evaluate_transformation,
    is_expression,
)
from rochallor_cli.dev_engine.go_json.reading import JsonSyntaxError, check_depth, whole_number
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.records import Variables, as_doubles
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.versions import EngineRules

# What a transformation may make: one that doubles a variable in a loop must not take all memory.
MAX_RESULT_LENGTH = 2 * 1024 * 1024

NO_BRANCH = "no conditionalNextSteps branch matched (DecisionNoBranchMatched)"


class StepFailed(Exception):  # noqa: N818 - the workflow's failure, not the program's
    """The step cannot be done; the text is the engine's failure reason."""


def taken_branch(step: Step, variables: Variables, inputs: EventInputs, rules: EngineRules) -> str:
    """The condition of a branch that holds: the first, or where there is no order any one that was tried.

    Raises StepFailed when a condition that was tried errs or is no boolean, and when none holds.
    """
    names = variables.doubles
    untried = list(step.conditional_next_steps)
    while untried:
        has_order = rules.ordered_branches or len(untried) == 1
        condition = untried[0] if has_order else inputs.choose(untried)
        untried.remove(condition)
        try:
            if evaluate_condition(condition, names, now=inputs.now(), coercion=rules.coercion):
                return condition
        except ExpressionError as error:
            raise StepFailed(error.text) from None
    raise StepFailed(NO_BRANCH)


def other_branch(
    step: Step, taken: str, variables: Variables, inputs: EventInputs, rules: EngineRules
) -> str | None:
    """A condition beside the taken one that holds as well and leads elsewhere: it could have been taken."""
    for condition, target in step.conditional_next_steps.items():
        if condition == taken or target == step.conditional_next_steps[taken]:
            continue
        try:
            if evaluate_condition(condition, variables.doubles, now=inputs.now(), coercion=rules.coercion):
                return condition
        except ExpressionError:
            # In another order this would have failed the instance.
            return condition
    return None


def transformed(step: Step, variables: Variables, inputs: EventInputs, rules: EngineRules) -> Variables:
    """The variables after a TRANSFORMATION, its entries done in no fixed order.

    Raises StepFailed when an expression errs, and WorkflowStuck when a result has no JSON.
    """
    changes: dict[str, object] = {}
    names = dict(variables.doubles)
    undone = list(step.transformations)
    while undone:
        name = undone[0] if len(undone) == 1 else inputs.choose(undone)
        undone.remove(name)
        literal = step.transformations[name]
        if isinstance(literal, str) and is_expression(literal):
            names[name] = _result(name, literal, names, inputs, coercion=rules.coercion)
            changes[name] = whole_as_int(names[name])
        else:
            names[name] = as_doubles(literal)
            changes[name] = literal
    return merged_variables("transformation", variables, changes)


def merged_variables(what: str, variables: Variables, changes: Mapping[str, object]) -> Variables:
    """The variables with what a step has set. Raises WorkflowStuck where they are nested too deeply to be kept."""
    merged = variables.merged(changes)
    try:
        check_depth(merged.text)
    except JsonSyntaxError as error:
        raise WorkflowStuck(f"{what}: marshal merged vars: json: {error}") from None
    return merged


def _result(
    name: str, text: str, names: Mapping[str, object], inputs: EventInputs, *, coercion: bool
) -> object:
    try:
        result = evaluate_transformation(name, text, names, now=inputs.now(), coercion=coercion)
    except ExpressionError as error:
        raise StepFailed(error.text) from None
    except UnrepresentableResult as error:
        raise WorkflowStuck(f"transformation: marshal merged vars: {error.text}") from None
    check_length(f'transformation "{name}"', result)
    return result


def check_length(what: str, result: object) -> None:
    """Raises StepFailed for a result that is longer than the dev engine lets it be."""
    if len(write(result)) > MAX_RESULT_LENGTH:
        limit = f"{MAX_RESULT_LENGTH} characters of JSON, the dev engine's limit"
        raise StepFailed(f"{what}: the result has more than {limit}")


def whole_as_int(value: object) -> object:
    """A JSON value with whole numbers as ints, as they are written."""
    if isinstance(value, float) and value.is_integer():
        return whole_number(value)
    if isinstance(value, dict):
        return {key: whole_as_int(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_as_int(item) for item in value]
    return value
