"""Conditions as free choices: what a step could do for some variables or other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from rochallor_cli.dev_engine import expression
from rochallor_cli.dev_engine.definition.model import Step
from rochallor_cli.dev_engine.expression import ExpressionError, inner_source, is_expression
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.state_machine.choices import Choose
from rochallor_cli.dev_engine.state_machine.conditions import NO_BRANCH, Branch, Now, StepFailed
from rochallor_cli.dev_engine.state_machine.decision_tables import NO_RULE
from rochallor_cli.dev_engine.versions import EngineRules

# Conditions without variables do not depend on the time either, unless they ask for it.
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class FreeConditions:
    """Each branch that some variables could lead to may be taken; transformations change nothing.

    Branches to one target are one choice. A condition without variables keeps the one value it has: `true`, or
    the failure of an expression that cannot be read.
    may_fail: a step whose branches depend on variables may also fail (none holds, or one errs), and so may a table.
    """

    are_evaluated = False

    def __init__(self, *, may_fail: bool = False) -> None:
        self.may_fail = may_fail

    def branches(self, step: Step, variables: Variables, now: Now, rules: EngineRules) -> Sequence[Branch]:
        if step.decision_table is not None:
            fits = Branch("a rule holds", step.next_step)
            return (fits, Branch("", failure=NO_RULE)) if self.may_fail else (fits,)
        return _branches(tuple(step.conditional_next_steps.items()), rules, self.may_fail)

    def transformed(
        self, step: Step, variables: Variables, now: Now, rules: EngineRules, *, choose: Choose
    ) -> Variables:
        for name, literal in step.transformations.items():
            fault = _fault_of(literal, rules)
            if fault:
                raise StepFailed(f'transformation "{name}": expression eval: {fault}')
        return variables


def _fault_of(literal: object, rules: EngineRules) -> str:
    """Why an entry fails whatever the variables are, if it does."""
    if not isinstance(literal, str) or not is_expression(literal):
        return ""
    source = inner_source(literal)
    return "" if source == "now()" else expression.compile_expression(source, rules.coercion).fault


@lru_cache(maxsize=4096)
def _branches(written: tuple[tuple[str, str], ...], rules: EngineRules, may_fail: bool) -> tuple[Branch, ...]:
    found: list[Branch] = []
    depends = False
    for condition, target in written:
        value = _fixed_value(condition, rules)
        depends = depends or value is None
        if isinstance(value, Branch):
            found.append(value)
        elif value is not False and all(branch.target != target for branch in found):
            found.append(Branch(condition, target))
        if rules.ordered_branches and value:
            break
    if not found or (depends and may_fail):
        found.append(Branch("", failure=NO_BRANCH))
    return tuple(found)


def _fixed_value(condition: str, rules: EngineRules) -> bool | Branch | None:
    """What a condition comes to whatever the variables are: a value, a failure, or None: it depends."""
    compiled = expression.compile_expression(condition, rules.coercion)
    if (compiled.names and not compiled.fault) or "now" in expression.analyse(condition).functions:
        return None
    try:
        return expression.evaluate_condition(condition, {}, now=_SOME_TIME, coercion=rules.coercion)
    except ExpressionError as error:
        return Branch(condition, failure=error.text)
