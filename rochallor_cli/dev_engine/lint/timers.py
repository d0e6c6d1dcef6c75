"""What timers will be regretted for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.definition.model import RESTING, BoundaryEvent, Definition, Step, StepType
from rochallor_cli.dev_engine.definition.problems import Path, Problem, warning
from rochallor_cli.dev_engine.versions import EngineRules

# What the engine reads as anybody else would.
_NUMBER = r"[0-9]+(\.[0-9]+)?"
_TIME = rf"T(?=.)({_NUMBER}H)?({_NUMBER}M)?({_NUMBER}S)?"
_PLAIN = re.compile(rf"P{_TIME}")
_PLAIN_WITH_DAYS = re.compile(rf"P(?=.)({_NUMBER}D)?({_TIME})?")
_NS_PER_S = 1_000_000_000


def timer_warnings(definition: Definition) -> Iterator[Problem]:
    for index, step in enumerate(definition.steps):
        for number, event in enumerate(step.boundary_events):
            at: Path = ("steps", index, "boundaryEvents", number)
            if step.type not in RESTING:
                text = f'step "{step.id}": the timer of a {step.type} is never started'
                yield warning(at, codes.TIMER_NEVER_STARTED, text)
            else:
                yield from _duration(at, step, event=event, rules=definition.rules)
                yield _outlives(at, step, event)
                yield from _survivor(at, step, event)


def _duration(at: Path, step: Step, *, event: BoundaryEvent, rules: EngineRules) -> Iterator[Problem]:
    if not event.duration or _reads_plainly(event.duration, rules):
        return
    path = (*at, "duration")
    try:
        seconds = duration_ns(event.duration, rules) / _NS_PER_S
    except DurationError:
        text = f'step "{step.id}": the engine cannot read the duration "{event.duration}": a 500 at the step'
        yield warning(path, codes.DURATION_UNREADABLE, text)
    else:
        text = f'step "{step.id}": the engine reads the duration "{event.duration}" as {seconds:g} s'
        yield warning(path, codes.DURATION_MISREAD, text)


def _reads_plainly(duration: str, rules: EngineRules) -> bool:
    plain = _PLAIN_WITH_DAYS if rules.long_durations else _PLAIN
    return plain.fullmatch(duration) is not None and any(digit in duration for digit in "123456789")


def _outlives(at: Path, step: Step, event: BoundaryEvent) -> Problem:
    when = "while the instance lives" if event.interrupting else "even when the instance has finished"
    text = f'step "{step.id}": the timer still fires after the step is done, {when}'
    return warning(at, codes.TIMER_OUTLIVES_STEP, text)


def _survivor(at: Path, step: Step, event: BoundaryEvent) -> Iterator[Problem]:
    if event.interrupting and step.type == StepType.USER_TASK:
        text = (
            f'step "{step.id}": the user task stays open after the timer; completing it late goes on as well'
        )
        yield warning(at, codes.TASK_SURVIVES_TIMER, text)
