"""Gateways whose join counts otherwise than one thinks: branches listed twice or long, loops, ways past them."""

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
        yield from _in_loop(("steps", index), step, definition)
        yield from _way_past(step, definition)
        for number, branch in enumerate(step.parallel_next_steps):
            at: Path = ("steps", index, "parallelNextSteps", number)
            if branch in step.parallel_next_steps[:number]:
                text = (
                    f'gateway "{step.id}" lists "{branch}" twice: it starts twice and counts once, '
                    f'so join "{step.join_step}" never passes'
                )
                yield warning(at, codes.BRANCH_LISTED_TWICE, text)
            else:
                yield from _longer(at, step, branch=branch, definition=definition)


def _in_loop(at: Path, gateway: Step, definition: Definition) -> Iterator[Problem]:
    if gateway.id in _reached_from(gateway.join_step, definition, without=frozenset()):
        text = (
            f'gateway "{gateway.id}" can be entered again from its join "{gateway.join_step}": in the second round '
            "the first branch that arrives passes the join"
        )
        yield warning(at, codes.GATEWAY_IN_LOOP, text)


def _way_past(gateway: Step, definition: Definition) -> Iterator[Problem]:
    """Told once for each join, at the join."""
    join = definition.step(gateway.join_step)
    if join is None or definition.gateway_of(join.id) is not gateway:
        return
    openers = frozenset(step.id for step in definition.steps if step.join_step == join.id)
    first = definition.steps[0].id
    if first not in openers and join.id in _reached_from(first, definition, without=openers):
        text = f'join "{join.id}" can be reached past its gateway "{gateway.id}", whose branches it waits for'
        yield warning(("steps", definition.steps.index(join)), codes.WAY_PAST_GATEWAY, text)


def _reached_from(start: str, definition: Definition, *, without: frozenset[str]) -> set[str]:
    """The steps that can follow a step, timers included, without passing certain ones."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        step = definition.step(waiting.pop())
        for target in () if step is None else (*taken_ways(step), *_timer_targets(step)):
            if target not in seen and target not in without:
                seen.add(target)
                waiting.append(target)
    return seen


def _timer_targets(step: Step) -> list[str]:
    return [event.target_step_id for event in step.boundary_events] if step.type in RESTING else []


def _longer(at: Path, gateway: Step, *, branch: str, definition: Definition) -> Iterator[Problem]:
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
