"""What a decision table will be regretted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step, StepType, TableRule
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import (
    analyse,
    compare_conjunctions,
    coverage,
    inner_source,
    is_expression,
    value_with,
    witness_text,
)
from rochallor_cli.dev_engine.go_json.reading import whole_as_int
from rochallor_cli.dev_engine.go_json.writing import write

_MAX_PAIRS: Final = 2_000
_AGGREGATES: Final = ("C+", "C>", "C<")

Witness = Mapping[str, object]


def table_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index)
        if step.type != StepType.DECISION_TABLE:
            yield from _ignored_policy(at, step)
        elif step.decision_table is not None:
            table = _Table((*at, "decisionTable", "rules"), step, coercion=definition.rules.coercion)
            yield from table.warnings()


def _ignored_policy(at: Path, step: Step) -> Iterator[Problem]:
    if step.hit_policy:
        text = f'step "{step.id}": the hitPolicy of a {step.type} is ignored'
        yield warning((*at, "hitPolicy"), codes.POLICY_IGNORED, text)


def conditions_of(rule: TableRule) -> tuple[str, ...]:
    """The cells of a rule that say something."""
    return tuple(cell for cell in rule.when.values() if cell.strip())


class _Table:
    """One table, with its rules as conditions that hold together."""

    def __init__(self, at: Path, step: Step, *, coercion: bool) -> None:
        assert step.decision_table is not None, "made of steps with a table only"
        self.at = at
        self.step = step
        self.coercion = coercion
        self.policy = step.hit_policy or "U"
        self.rules = step.decision_table.rules
        self.conditions = [conditions_of(rule) for rule in self.rules]

    def warnings(self) -> Iterator[Problem]:
        """All of them, rule by rule and then pair by pair."""
        never = set()
        for index, rule in enumerate(self.rules):
            for problem in self._never_matches(index):
                never.add(index)
                yield problem
            if index not in never:
                yield from self._no_numbers(index, rule)
            yield from self._outputs_use_each_other(index, rule)
        pairs = (pair for pair in combinations(range(len(self.rules)), 2) if not never & set(pair))
        for one, other in islice(pairs, _MAX_PAIRS):
            yield from self._pair(one, other)

    def _never_matches(self, index: int) -> Iterator[Problem]:
        before = tuple(self.conditions[:index]) if self.policy == "F" else ()
        found = coverage(self.conditions[index], before, self.coercion)
        if found is None:
            return
        numbers = " or ".join(str(number) for number in found.by)
        reason = (
            f"under F rule {numbers} holds whenever it does"
            if found.by
            else "its conditions never hold together"
        )
        text = f'step "{self.step.id}": rule {index} can never match: {reason}'
        yield warning((*self.at, index), codes.RULE_NEVER_MATCHES, text)

    def _no_numbers(self, index: int, rule: TableRule) -> Iterator[Problem]:
        """Literals under an aggregate that it cannot add or compare."""
        for name, literal in rule.outputs.items() if self.policy in _AGGREGATES else ():
            if _is_literal(literal) and (isinstance(literal, bool) or not isinstance(literal, int | float)):
                text = (
                    f'step "{self.step.id}": rule {index} sets "{name}" to {write(literal)}, which is no number: '
                    f"under {self.policy} the step fails whenever the rule holds"
                )
                yield warning((*self.at, index, "outputs", name), codes.COLUMN_MISSING, text)

    def _outputs_use_each_other(self, index: int, rule: TableRule) -> Iterator[Problem]:
        for name, literal in rule.outputs.items():
            if not isinstance(literal, str) or not is_expression(literal):
                continue
            for other in sorted(set(analyse(inner_source(literal)).names) & rule.outputs.keys() - {name}):
                text = (
                    f'step "{self.step.id}": output "{name}" uses "{other}", which the same rule sets: '
                    "it sees the value from before the step"
                )
                yield warning((*self.at, index, "outputs", name), codes.OUTPUTS_USE_EACH_OTHER, text)

    def _pair(self, one: int, other: int) -> Iterator[Problem]:
        """What is wrong with two rules that can hold together."""
        says = {"U": self._overlap, "A": self._disagreement, **dict.fromkeys(_AGGREGATES, self._missing)}
        if self.policy not in says:
            return
        found = compare_conjunctions(self.conditions[one], self.conditions[other], coercion=self.coercion)
        if found.witness is not None:
            yield from says[self.policy](one, other, found.witness)

    def _overlap(self, one: int, other: int, witness: Witness) -> Iterator[Problem]:
        text = (
            f'step "{self.step.id}": rules {one} and {other} can hold together ({witness_text(witness)}), '
            "which fails the step under U"
        )
        yield warning((*self.at, other), codes.RULES_OVERLAP, text)

    def _disagreement(self, one: int, other: int, witness: Witness) -> Iterator[Problem]:
        # Only the columns of the first rule that holds are compared.
        if any(self._holds(index, witness) is not False for index in range(one)):
            return
        first, second = self.rules[one].outputs, self.rules[other].outputs
        for name, value in first.items():
            if not _is_literal(value) or not _is_literal(second.get(name)):
                continue
            # 1.0 and 1 are one number to the engine, also within lists.
            if write(whole_as_int(value)) != write(whole_as_int(second.get(name))):
                text = (
                    f'step "{self.step.id}": rules {one} and {other} can hold together ({witness_text(witness)}) '
                    f'and disagree in "{name}": {write(value)} and {write(second.get(name))}'
                )
                yield warning((*self.at, other, "outputs", name), codes.RULES_DISAGREE, text)

    def _missing(self, one: int, other: int, witness: Witness) -> Iterator[Problem]:
        for has, lacks in ((one, other), (other, one)):
            for name in self.rules[has].outputs.keys() - self.rules[lacks].outputs.keys():
                text = (
                    f'step "{self.step.id}": rule {lacks} lacks the column "{name}" and can hold together with rule '
                    f"{has} ({witness_text(witness)}), which fails the step under {self.policy}"
                )
                yield warning((*self.at, lacks), codes.COLUMN_MISSING, text)

    def _holds(self, index: int, variables: Witness) -> bool | None:
        """Whether a rule holds; None where it cannot be told."""
        values = [value_with(each, variables, coercion=self.coercion) for each in self.conditions[index]]
        return None if None in values else all(values)


def _is_literal(value: object) -> bool:
    return not isinstance(value, str) or not is_expression(value)
