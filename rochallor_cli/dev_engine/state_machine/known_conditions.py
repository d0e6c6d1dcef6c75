"""Conditions of which some variables are known: what they come to where that decides, and free choices elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rochallor_cli.dev_engine import expression
from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.expression import ExpressionError, inner_source, is_expression
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.choices import Choose
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, NO_BRANCH, Branch, Now
from rochallor_cli.dev_engine.state_machine.free_conditions import FreeConditions
from rochallor_cli.dev_engine.versions import EngineRules


class KnownConditions(FreeConditions):
    """The variables of a world are those that are known; all others may have any value.

    A condition is evaluated where all its variables are known, and a free choice elsewhere. A transformation
    sets what it can be worked out to, and makes unknown what it cannot. Tables are as in FreeConditions.
    """

    def branches(self, step: Step, variables: Variables, now: Now, rules: EngineRules) -> Sequence[Branch]:
        if step.decision_table is not None or not variables.values:
            return super().branches(step, variables, now, rules)
        found: list[Branch] = []
        is_certain = False
        for condition, target in step.conditional_next_steps.items():
            branch = _branch(condition, target, variables, now, rules)
            if branch is None:
                continue
            if all(branch.target != other.target or branch.failure for other in found):
                found.append(branch)
            is_certain = _is_known(condition, frozenset(variables.values), rules)
            if is_certain and rules.ordered_branches:
                break
        return found or [Branch("", failure=NO_BRANCH)]

    def transformed(
        self, step: Step, variables: Variables, now: Now, rules: EngineRules, *, choose: Choose
    ) -> Variables:
        known = frozenset(variables.values)
        unknown = {
            name for name, literal in step.transformations.items() if not _can_set(literal, known, rules)
        }
        if not unknown:
            return EVALUATED.transformed(step, variables, now, rules, choose=choose)
        kept = {name: value for name, value in variables.values.items() if name not in step.transformations}
        return Variables(values={**kept, **_literals(step)})


def _branch(condition: str, target: str, variables: Variables, now: Now, rules: EngineRules) -> Branch | None:
    """The branch that the condition may lead to; None where it certainly does not hold."""
    if not _is_known(condition, frozenset(variables.values), rules):
        return Branch(condition, target)
    try:
        holds = expression.evaluate_condition(
            condition, variables.doubles, now=now(), coercion=rules.coercion
        )
    except ExpressionError as error:
        return Branch(condition, failure=error.text)
    return Branch(condition, target) if holds else None


@lru_cache(maxsize=4096)
def _is_known(source: str, known: frozenset[str], rules: EngineRules) -> bool:
    return known.issuperset(expression.compile_expression(source, rules.coercion).names)


def _can_set(literal: object, known: frozenset[str], rules: EngineRules) -> bool:
    if not (isinstance(literal, str) and is_expression(literal)):
        return True
    return _is_known(inner_source(literal), known, rules)


def _literals(step: Step) -> dict[str, object]:
    """What a transformation sets whatever the variables are."""
    return {
        name: literal
        for name, literal in step.transformations.items()
        if not (isinstance(literal, str) and is_expression(literal))
    }
