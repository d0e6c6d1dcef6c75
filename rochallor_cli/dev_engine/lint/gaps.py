"""Values for which no branch and no rule holds, told only where every condition compares variables with literals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import compared, value_with, witness_text
from rochallor_cli.dev_engine.lint.tables import conditions_of

_MOST_TRIALS: Final = 5_000

Conjunctions = Sequence[tuple[str, ...]]
PlainValue = bool | int | float | str


def gap_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index)
        coercion = definition.rules.coercion
        if step.type == StepType.DECISION_TABLE and step.decision_table is not None:
            rules = [conditions_of(rule) for rule in step.decision_table.rules]
            by_column = [list(columns) for columns in _columns(step)]
            if all(_one_variable(cells) for cells in by_column):
                yield from _gap(
                    (*at, "decisionTable"), step, conjunctions=rules, noun="rule", coercion=coercion
                )
        elif step.conditional_next_steps and step.type in RESTING | {StepType.DECISION}:
            branches = [(condition,) for condition in step.conditional_next_steps]
            if _one_variable(list(step.conditional_next_steps)):
                yield from _gap(
                    (*at, "conditionalNextSteps"),
                    step,
                    conjunctions=branches,
                    noun="branch",
                    coercion=coercion,
                )


def _columns(step: Step) -> Iterator[Iterator[str]]:
    assert step.decision_table is not None, "asked of steps with a table only"
    rules = step.decision_table.rules
    for name in dict.fromkeys(column for rule in rules for column in rule.when):
        yield (cell for rule in rules if (cell := rule.when.get(name, "")).strip())


def _one_variable(conditions: Sequence[str]) -> bool:
    """Whether all conditions compare one and the same variable with literals of one kind."""
    found = [compared(condition) for condition in conditions]
    if any(each is None for each in found):
        return False
    names = {each.name for each in found if each is not None}
    kinds = {_kind(literal) for each in found if each is not None for literal in each.literals}
    return len(names) <= 1 and len(kinds) <= 1


def _kind(literal: PlainValue) -> str:
    if isinstance(literal, bool):
        return "truth"
    return "text" if isinstance(literal, str) else "number"


def _gap(
    path: Path, step: Step, *, conjunctions: Conjunctions, noun: str, coercion: bool
) -> Iterator[Problem]:
    values = _values_worth_trying(conjunctions)
    trials = (dict(zip(values, chosen, strict=True)) for chosen in product(*values.values()))
    for variables in islice(trials, _MOST_TRIALS):
        if _no_one_holds(conjunctions, variables, coercion=coercion):
            code = codes.VALUES_WITHOUT_RULE if noun == "rule" else codes.VALUES_WITHOUT_BRANCH
            values_text = f"for {witness_text(variables)}" if variables else "whatever the variables are"
            text = f'step "{step.id}": no {noun} holds {values_text}'
            yield warning(path, code, text)
            return


def _values_worth_trying(conjunctions: Conjunctions) -> Mapping[str, Sequence[PlainValue]]:
    """By variable: its literals, what lies between and beyond them; of texts only those that are named."""
    literals: dict[str, set[PlainValue]] = {}
    for condition in (each for conditions in conjunctions for each in conditions):
        if found := compared(condition):
            literals.setdefault(found.name, set()).update(found.literals)
    return {name: _around(found) for name, found in literals.items()}


def _around(literals: set[PlainValue]) -> Sequence[PlainValue]:
    if any(isinstance(each, bool) for each in literals):
        return (True, False)
    numbers = sorted(float(each) for each in literals if isinstance(each, int | float))
    if not numbers:
        return sorted(str(each) for each in literals)
    between = [middle for low, high in pairwise(numbers) if (middle := _between(low, high)) is not None]
    # A count or an amount is compared with 0 as its least: that it is not less is no gap.
    below = [] if numbers[0] == 0 else [numbers[0] - 1]
    return [*numbers, *between, *below, numbers[-1] + 1]


def _between(low: float, high: float) -> float | None:
    """What lies between two literals; of whole numbers a whole one, for what is counted has no halves."""
    if not (low.is_integer() and high.is_integer()):
        return (low + high) / 2
    return float((low + high) // 2) if high - low > 1 else None


def _no_one_holds(conjunctions: Conjunctions, variables: Mapping[str, object], *, coercion: bool) -> bool:
    """Whether none holds, without one that fails."""
    for conditions in conjunctions:
        found = [value_with(each, variables, coercion=coercion) for each in conditions]
        if None in found or all(found):
            return False
    return True
