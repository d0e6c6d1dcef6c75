"""Parallel branches that a join counts otherwise than one thinks, in engines that count distinct first steps."""

from __future__ import annotations

from collections.abc import Iterator

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.lint.flow import taken_ways


def gateway_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        if step.type != StepType.PARALLEL_GATEWAY:
            continue
        for number, branch in enumerate(step.parallel_next_steps):
            at: Path = ("steps", index, "parallelNextSteps", number)
            if branch in step.parallel_next_steps[:number]:
                text = (
                    f'gateway "{step.id}" lists "{branch}" twice: it starts twice and counts once, '
                    f'so join "{step.join_step}" never passes'
                )
                yield warning(at, codes.BRANCH_LISTED_TWICE, text)
            else:
                yield from _longer(at, step, branch, definition)


def _longer(at: Path, gateway: Step, branch: str, definition: Definition) -> Iterator[Problem]:
    first = definition.step(branch)
    rest = _resting_before(first, gateway.join_step, definition) if first is not None else None
    if first is not None and rest is not None:
        text = (
            f'branch "{branch}" of gateway "{gateway.id}" counts as done at join "{gateway.join_step}" once '
            f'"{first.id}" is, while "{rest}" may still be open: what follows may come early and twice'
        )
        yield warning(at, codes.LONG_BRANCH, text)


def _resting_before(first: Step, join_step: str, definition: Definition) -> str | None:
    """A step behind the first of a branch at which the branch can rest before it comes to the join."""
    seen = {join_step, first.id}
    waiting = list(taken_ways(first))
    while waiting:
        step = definition.step(waiting.pop())
        if step is None or step.id in seen:
            continue
        if step.type in RESTING:
            return step.id
        seen.add(step.id)
        waiting.extend(taken_ways(step))
    return None
