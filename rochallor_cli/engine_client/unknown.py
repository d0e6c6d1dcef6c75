"""What engines of later versions may put into their answers: named, so that nobody wonders, and never in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rochallor_cli.engine_client.admin_client import STATUSES

_INSTANCE = frozenset(
    [
        "id",
        "definitionId",
        "definitionVersion",
        "status",
        "currentStepIds",
        "variables",
        "businessKey",
        "startedAt",
        "completedAt",
        "failureReason",
    ]
)
_DEFINITION = frozenset(
    [
        "id",
        "version",
        "name",
        "description",
        "autoStartNextWorkflow",
        "nextWorkflowId",
        "metadata",
        "steps",
        "input_schema",
        "uploadedAt",
    ]
)
_STEP = frozenset(
    [
        "id",
        "name",
        "type",
        "description",
        "nextStep",
        "jobType",
        "delegateClass",
        "retryCount",
        "conditionalNextSteps",
        "transformations",
        "parallelNextSteps",
        "joinStep",
        "boundaryEvents",
        "decisionTable",
        "hitPolicy",
        "outputs_schema",
    ]
)
_STEP_TYPES = frozenset(
    [
        "SERVICE_TASK",
        "USER_TASK",
        "DECISION",
        "DECISION_TABLE",
        "TRANSFORMATION",
        "WAIT",
        "PARALLEL_GATEWAY",
        "JOIN_GATEWAY",
        "END",
    ]
)


def unknown_in_instances(instances: Iterable[Mapping[str, Any]]) -> list[str]:
    """`field "priority"`, `status "PAUSED"`: each once, in the order in which they were met."""
    found: dict[str, None] = {}
    for instance in instances:
        _note(found, "field", (name for name in instance if name not in _INSTANCE))
        _note(
            found, "status", (str(instance.get("status")),) if instance.get("status") not in STATUSES else ()
        )
    return list(found)


def unknown_in_definitions(definitions: Iterable[Mapping[str, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for definition in definitions:
        _note(found, "field", (name for name in definition if name not in _DEFINITION))
        steps = definition.get("steps")
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, Mapping):
                _note(found, "field", (name for name in step if name not in _STEP))
                _note(
                    found,
                    "step type",
                    (str(step.get("type")),) if str(step.get("type")) not in _STEP_TYPES else (),
                )
    return list(found)


def _note(found: dict[str, None], kind: str, names: Iterable[str]) -> None:
    found.update(dict.fromkeys(f'{kind} "{name}"' for name in names))
