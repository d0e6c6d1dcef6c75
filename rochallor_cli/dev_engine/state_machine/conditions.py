"""Conditions and transformations: what the steps' expressions make of the variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from rochallor_cli.dev_engine import expression
from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import ExpressionError, UnrepresentableResult, is_expression
from rochallor_cli.dev_engine.go_json.reading import JsonSyntaxError, check_depth, whole_as_int
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import Variables, as_doubles
from rochallor_cli.dev_engine.state_machine.choices import Choose
from rochallor_cli.dev_engine.versions import EngineRules

# What a transformation may make: one that doubles a variable in a loop must not take all memory.
MAX_RESULT_LENGTH = 2 * 1024 * 1024

NO_BRANCH = "no conditionalNextSteps branch matched (DecisionNoBranchMatched)"

Now = Callable[[], datetime]


class StepFailed(Exception):  # noqa: N818 - the workflow's failure, not the program's
    """The step cannot be done; the text is the engine's failure reason."""


@quick_dataclass(frozen=True, slots=True)
class Branch:
    """One way on from a step: the condition and its target, or the failure that it comes to instead."""

    condition: str
    target: str = ""
    failure: str = ""


class Conditions(Protocol):
    """What conditions and transformations come to: by their expressions, or as a search supposes."""

    @property
    def are_evaluated(self) -> bool:
        """True where of several branches each could be taken by the engine with these very variables."""
        ...

    def branches(self, step: Step, variables: Variables, now: Now, rules: EngineRules) -> Sequence[Branch]:
        """Those that could be taken, in the order of the document; at least one."""
        ...

    def transformed(
        self, step: Step, variables: Variables, now: Now, rules: EngineRules, *, choose: Choose
    ) -> Variables:
        """The variables after a TRANSFORMATION. Raises StepFailed and WorkflowStuck."""
        ...


class EvaluatedConditions:
    """Conditions and transformations by their expressions, as the engine does."""

    are_evaluated = True

    def branches(self, step: Step, variables: Variables, now: Now, rules: EngineRules) -> Sequence[Branch]:
        """The first that holds or errs; where conditions are tried in no order, each that does."""
        found: list[Branch] = []
        for condition, target in step.conditional_next_steps.items():
            if found and rules.ordered_branches:
                break
            try:
                if expression.evaluate_condition(
                    condition, variables.doubles, now=now(), coercion=rules.coercion
                ):
                    found.append(Branch(condition, target))
            except ExpressionError as error:
                found.append(Branch(condition, failure=error.text))
        return found or [Branch("", failure=NO_BRANCH)]

    def transformed(
        self, step: Step, variables: Variables, now: Now, rules: EngineRules, *, choose: Choose
    ) -> Variables:
        """The entries done in no fixed order, each seeing what earlier ones set."""
        changes: dict[str, object] = {}
        names = dict(variables.doubles)
        undone = list(step.transformations)
        while undone:
            name = undone[0] if len(undone) == 1 else choose(undone)
            undone.remove(name)
            literal = step.transformations[name]
            if isinstance(literal, str) and is_expression(literal):
                names[name] = _result(name, literal, names, now, coercion=rules.coercion)
                changes[name] = whole_as_int(names[name])
            else:
                names[name] = as_doubles(literal)
                changes[name] = literal
        return merged_variables("transformation", variables, changes)


EVALUATED = EvaluatedConditions()


def merged_variables(what: str, variables: Variables, changes: Mapping[str, object]) -> Variables:
    """The variables with what a step has set. Raises WorkflowStuck where they are nested too deeply to be kept."""
    merged = variables.merged(changes)
    try:
        check_depth(merged.text)
    except JsonSyntaxError as error:
        raise WorkflowStuck(f"{what}: marshal merged vars: json: {error}") from None
    return merged


def _result(name: str, text: str, names: Mapping[str, object], now: Now, *, coercion: bool) -> object:
    try:
        result = expression.evaluate_transformation(name, text, names, now=now(), coercion=coercion)
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
