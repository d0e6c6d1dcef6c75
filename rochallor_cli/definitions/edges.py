"""Where a step can lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def targets(step: Mapping[str, Any]) -> Iterator[str]:
    """The steps that may follow a step, in the order of their fields."""
    for _, target, _ in edges(step):
        yield target


def edges(step: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, target, label): next, condition, branch, join, timer."""
    branches = step.get("conditionalNextSteps")
    if isinstance(branches, Mapping):
        for expression, target in branches.items():
            yield "condition", str(target), str(expression)
    if step.get("nextStep"):
        yield "next", str(step["nextStep"]), ""
    for target in listed(step.get("parallelNextSteps")):
        yield "branch", str(target), ""
    for event in listed(step.get("boundaryEvents")):
        if isinstance(event, Mapping) and event.get("targetStepId"):
            yield "timer", str(event["targetStepId"]), str(event.get("duration", ""))


def listed(value: object) -> Sequence[Any]:
    """The value where it is a list, nothing where it is none: documents may hold anything anywhere."""
    return value if isinstance(value, list) else ()
