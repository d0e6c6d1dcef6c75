"""Conditions of one step: which hold together, in what order they are tried, and which are never come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.expression import Trap, analyse, compare_conditions, coverage, witness_text

# Each pair of conditions is compared; past this many of one step the rest is left out.
_MAX_PAIRS: Final = 2_000
_BRANCHING: Final = RESTING | {StepType.DECISION}

Written = Mapping[int, Sequence[str]]
"""By number of the step: its conditions in the order in which the author wrote them."""


def branch_warnings(definition: Definition, written: Written) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        at: Path = ("steps", index, "conditionalNextSteps")
        if step.type not in _BRANCHING:
            continue
        if definition.rules.ordered_branches:
            yield from _in_order(at, step, written.get(index, ()), coercion=definition.rules.coercion)
        else:
            yield from _ambiguous(at, step, coercion=definition.rules.coercion)


def _ambiguous(at: Path, step: Step, *, coercion: bool) -> Iterator[Problem]:
    """Conditions that hold together for some variables; without such a witness there is no warning."""
    for one, other in islice(combinations(step.conditional_next_steps, 2), _MAX_PAIRS):
        if step.conditional_next_steps[one] == step.conditional_next_steps[other]:
            continue
        witness = compare_conditions(one, other, coercion=coercion).witness
        if witness is not None:
            shown = witness_text(witness)
            text = (
                f'step "{step.id}": "{one}" and "{other}" can hold together ({shown}); their order is random'
            )
            yield warning((*at, other), codes.AMBIGUOUS_BRANCHES, text)


def _in_order(at: Path, step: Step, written: Sequence[str], *, coercion: bool) -> Iterator[Problem]:
    tried = list(step.conditional_next_steps)
    never = {}
    for number, condition in enumerate(tried):
        before = tuple((each,) for each in tried[:number])
        found = coverage((condition,), before, coercion)
        if found is not None and not _is_never_equal(condition, coercion=coercion):
            never[condition] = [tried[index] for index in found.by]
            yield _never_taken(
                (*at, condition), step, condition=condition, winners=never[condition], written=written
            )
    place = {condition: number for number, condition in enumerate(written)}
    for one, other in islice(combinations(tried, 2), _MAX_PAIRS):
        is_turned = place.get(other, 0) < place.get(one, 0)
        leads_elsewhere = step.conditional_next_steps[one] != step.conditional_next_steps[other]
        if is_turned and leads_elsewhere and one not in never and other not in never:
            yield from _turned((*at, other), step, one=one, other=other, coercion=coercion)


def _is_never_equal(condition: str, *, coercion: bool) -> bool:
    """Whether another warning says already why the condition never holds."""
    return any(finding.trap is Trap.NEVER_EQUAL for finding in analyse(condition, coercion).findings)


def _never_taken(
    path: Path, step: Step, *, condition: str, winners: Sequence[str], written: Sequence[str]
) -> Problem:
    if not winners:
        text = f'step "{step.id}": "{condition}" never holds'
        return warning(path, codes.BRANCH_NEVER_TAKEN, text)
    shown = " or ".join(f'"{each}"' for each in winners)
    text = f'step "{step.id}": "{condition}" is never taken: {shown} is tried before it and holds whenever it does'
    pair = [each for each in written if each in (condition, *winners)]
    if pair and pair[0] == condition:
        orders = (", ".join(f'"{each}"' for each in order) for order in (pair, [*winners, condition]))
        text += " (written: {}; tried, the shortest first: {})".format(*orders)
    return warning(path, codes.BRANCH_NEVER_TAKEN, text)


def _turned(path: Path, step: Step, *, one: str, other: str, coercion: bool) -> Iterator[Problem]:
    """Two conditions that can hold together, the first tried being the one that was written later."""
    witness = compare_conditions(one, other, coercion=coercion).witness
    if witness is not None:
        text = (
            f'step "{step.id}": "{other}" and "{one}" can hold together ({witness_text(witness)}): written in this '
            f'order, but the engine tries "{one}" first, the shorter one, and that wins'
        )
        yield warning(path, codes.BRANCH_ORDER, text)
