"""What the engine accepts at an upload and will not run well: one function for each kind of problem."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import chain

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.lint.cycles import cycles

FlowRule = Callable[[int, Step, Definition], Iterator[Problem]]

_PASSED_AT_ONCE = frozenset(StepType) - RESTING - {StepType.END}
_ADDRESSED = frozenset({StepType.USER_TASK, StepType.WAIT})
_NO_NEXT_STEP = frozenset({StepType.DECISION, StepType.PARALLEL_GATEWAY, StepType.END})
_MAX_EXACT = 2**53


def flow_warnings(definition: Definition) -> Iterator[Problem]:
    """The warnings about steps and the ways between them, step by step."""
    for index, step in enumerate(definition.steps):
        yield from chain.from_iterable(rule(index, step, definition) for rule in _RULES)
    yield from _loops_without_rest(definition)


def taken_ways(step: Step) -> list[str]:
    """The steps that this one can be followed by; timers do not count."""
    if step.type == StepType.PARALLEL_GATEWAY:
        return list(step.parallel_next_steps)
    if step.type == StepType.END:
        return []
    if step.type == StepType.DECISION or (step.type in RESTING and step.conditional_next_steps):
        return list(step.conditional_next_steps.values())
    return [step.next_step] if step.next_step else []


def _no_way_on(index: int, step: Step, _: Definition) -> Iterator[Problem]:
    if step.type == StepType.SERVICE_TASK and not taken_ways(step):
        text = f'step "{step.id}" has neither nextStep nor branches: the instance stays on it for ever'
        yield warning(("steps", index), codes.NO_WAY_ON, text)


def _dangling_branch(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    if step.type not in RESTING:
        return
    for condition, target in step.conditional_next_steps.items():
        if definition.step(target) is None:
            path: Path = ("steps", index, "conditionalNextSteps", condition)
            text = f'step "{step.id}" has a branch to "{target}", which is no step: a 500 when it is taken'
            yield warning(path, codes.DANGLING_BRANCH, text)


def _ignored_next_step(index: int, step: Step, _: Definition) -> Iterator[Problem]:
    if step.type in _NO_NEXT_STEP and step.next_step:
        text = f'step "{step.id}": the nextStep of a {step.type} is ignored'
        yield warning(("steps", index, "nextStep"), codes.IGNORED_NEXT_STEP, text)


def _join_without_gateway(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    if step.type == StepType.JOIN_GATEWAY and definition.gateway_of(step.id) is None:
        text = f'join "{step.id}" is the joinStep of no gateway: a 500 for whoever arrives'
        yield warning(("steps", index), codes.JOIN_WITHOUT_GATEWAY, text)
    if step.type != StepType.PARALLEL_GATEWAY:
        return
    join = definition.step(step.join_step)
    if join is not None and join.type != StepType.JOIN_GATEWAY:
        text = f'gateway "{step.id}" has the joinStep "{join.id}", which is no JOIN_GATEWAY'
        yield warning(("steps", index, "joinStep"), codes.JOIN_WITHOUT_GATEWAY, text)


def _miscounted_branches(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    if step.type != StepType.PARALLEL_GATEWAY:
        return
    for number, branch in enumerate(step.parallel_next_steps):
        path: Path = ("steps", index, "parallelNextSteps", number)
        first = definition.step(branch)
        reason = None if first is None else _why_miscounted(first, step.join_step)
        if reason:
            text = f'branch "{branch}" of gateway "{step.id}" {reason}: join "{step.join_step}" miscounts it'
            yield warning(path, codes.JOIN_MISCOUNTS, text)


def _why_miscounted(first: Step, join_step: str) -> str | None:
    if first.id == join_step:
        return "leads straight to the join"
    if first.type == StepType.PARALLEL_GATEWAY:
        return "begins with another gateway"
    if first.type in _PASSED_AT_ONCE:
        return f"begins with a {first.type}, which is passed at once"
    if first.type in RESTING and any(target != join_step for target in taken_ways(first)):
        return "has more than one step"
    return None


def _end_within_branch(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    if step.type != StepType.PARALLEL_GATEWAY:
        return
    for number, branch in enumerate(step.parallel_next_steps):
        for end in _ends_before(branch, join_step=step.join_step, definition=definition):
            path: Path = ("steps", index, "parallelNextSteps", number)
            text = (
                f'branch "{branch}" of gateway "{step.id}" can reach "{end}", which ends the whole instance'
            )
            yield warning(path, codes.END_LEAVES_BRANCHES, text)


def _ends_before(start: str, *, join_step: str, definition: Definition) -> Iterator[str]:
    """The END steps that a branch can come to without passing its join."""
    seen = {join_step}
    waiting = [start]
    while waiting:
        step = definition.step(waiting.pop())
        if step is None or step.id in seen:
            continue
        seen.add(step.id)
        if step.type == StepType.END:
            yield step.id
        waiting.extend(taken_ways(step))


def _loops_without_rest(definition: Definition) -> Iterator[Problem]:
    passed = {step.id: taken_ways(step) for step in definition.steps if step.type in _PASSED_AT_ONCE}
    index_of = {step.id: index for index, step in enumerate(definition.steps)}
    for circle in cycles(passed):
        shown = ", ".join(f'"{step_id}"' for step_id in circle)
        text = f"{shown} can go round without a rest: the engine hangs if that does not end"
        yield warning(("steps", index_of[circle[0]]), codes.ENDLESS_LOOP, text)


def _step_values(index: int, step: Step, _: Definition) -> Iterator[Problem]:
    at: Path = ("steps", index)
    if step.type in _ADDRESSED and "/" in step.id:
        text = f'step id "{step.id}" holds a slash: it cannot be signalled or completed'
        yield warning((*at, "id"), codes.STEP_ID_WITH_SLASH, text)
    if step.type == StepType.SERVICE_TASK and step.job_type and not step.job_type.strip():
        yield warning((*at, "jobType"), codes.BLANK_JOB_TYPE, f'step "{step.id}" has a blank jobType')
    if step.retry_count < 0:
        text = f'step "{step.id}": retryCount {step.retry_count} means 0'
        yield warning((*at, "retryCount"), codes.NEGATIVE_RETRIES, text)
    for name, value in step.transformations.items():
        for number in _inexact(value):
            text = f'step "{step.id}": {number} is stored as {_stored(number)}; write it as text'
            yield warning((*at, "transformations", name), codes.INEXACT_NUMBER, text)


def _stored(number: int) -> int | float:
    """The number that a double makes of it: infinity where it is beyond them all."""
    try:
        return int(float(number))
    except OverflowError:
        return math.inf


def _inexact(value: object) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _MAX_EXACT:
        if _stored(value) != value:
            yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_inexact, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_inexact, value))


_RULES: tuple[FlowRule, ...] = (
    _no_way_on,
    _dangling_branch,
    _ignored_next_step,
    _join_without_gateway,
    _miscounted_branches,
    _end_within_branch,
    _step_values,
)
