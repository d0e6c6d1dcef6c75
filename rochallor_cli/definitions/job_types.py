"""Which job types the uploaded definitions use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.reading import rows


def users_by_type(engine: AdminClient) -> dict[str, list[str]]:
    """The definitions that use each job type, as stored in the engine."""
    users: dict[str, list[str]] = {}
    for entry in engine.definitions():
        definition = engine.definition(str(entry["id"]))
        name = f"{definition['id']} v{definition['version']}"
        for job_type in _job_types(definition):
            users.setdefault(job_type, []).append(name)
    return users


def _job_types(definition: Mapping[str, Any]) -> list[str]:
    steps = [step for step in rows(definition.get("steps")) if step.get("type") == "SERVICE_TASK"]
    return list(dict.fromkeys(str(step["jobType"]) for step in steps if step.get("jobType")))
