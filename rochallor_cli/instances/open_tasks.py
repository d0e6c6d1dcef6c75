"""Open user tasks, derived: the engine has no route that lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.output.times import parse_time


def open_tasks(
    engine: AdminClient,
    instances: Iterable[Value],
    *,
    step: str = "",
    open_before: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """The USER_TASK steps among the current steps of WAITING instances, in their order.

    Each has task (`INSTANCE/STEP`), instanceId, stepId, stepName, definitionId, definitionVersion, businessKey and
    openSince. `step` and `open_before` leave other steps and younger tasks out.
    """
    definitions: dict[tuple[Any, Any], dict[str, Value]] = {}
    for instance in instances:
        key = (instance.get("definitionId"), instance.get("definitionVersion"))
        if not _is_usable(instance):
            # Where it stands cannot be known; `instances list` shows it.
            continue
        if key not in definitions:
            definitions[key] = engine.steps_of(instance)
        for task in _tasks_of(engine, instance, steps=definitions[key], only=step):
            since = parse_time(task["openSince"])
            if open_before is None or (since is not None and since <= open_before):
                yield task


def _is_usable(instance: Value) -> bool:
    """Whether it has what its open steps are found by, in the types that an engine gives them."""
    kinds = {"id": str, "definitionId": str, "definitionVersion": int, "currentStepIds": list}
    return all(isinstance(instance.get(name), kind) for name, kind in kinds.items())


def _tasks_of(
    engine: AdminClient, instance: Value, *, steps: dict[str, Value], only: str
) -> Iterator[dict[str, Any]]:
    open_ids = [
        step_id
        for step_id in dict.fromkeys(map(str, instance["currentStepIds"]))
        if steps.get(step_id, {}).get("type") == "USER_TASK" and only in ("", step_id)
    ]
    if not open_ids:
        return
    since = _open_since(engine, str(instance["id"]))
    for step_id in open_ids:
        yield {
            "task": f"{instance['id']}/{step_id}",
            "instanceId": instance["id"],
            "stepId": step_id,
            "stepName": steps[step_id].get("name"),
            "definitionId": instance["definitionId"],
            "definitionVersion": instance["definitionVersion"],
            "businessKey": instance.get("businessKey"),
            "openSince": since.get(step_id, instance.get("startedAt")),
        }


def _open_since(engine: AdminClient, instance_id: str) -> dict[str, Any]:
    """When each open step was entered the last time."""
    history = engine.client.get_instance_history(instance_id)
    return {str(row.get("stepId")): row.get("startedAt") for row in history if row.get("status") == "RUNNING"}
