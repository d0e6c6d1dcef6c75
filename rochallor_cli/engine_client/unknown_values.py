"""What engines of later versions may say of instances: named, so that nobody wonders, and never in the way."""

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


def unknown_in_instances(instances: Iterable[Mapping[str, Any]]) -> list[str]:
    """`field "priority"`, `status "PAUSED"`: each once, in the order in which they were met."""
    found: dict[str, None] = {}
    for instance in instances:
        _note(found, "field", (name for name in instance if name not in _INSTANCE))
        _note(
            found, "status", (str(instance.get("status")),) if instance.get("status") not in STATUSES else ()
        )
    return list(found)


def _note(found: dict[str, None], kind: str, names: Iterable[str]) -> None:
    found.update(dict.fromkeys(f'{kind} "{name}"' for name in names))
