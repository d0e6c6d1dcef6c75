"""The definitions the cases start, and the ways of starting many instances of them."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.engines import Engine

FILL_CONNECTIONS = 16


def chain(steps: int, name: str) -> dict[str, Any]:
    """A definition of ``steps`` service tasks in a row, with ids of its own on an engine that is shared."""
    definition_id = f"bench-{name}-{time.time_ns():x}"
    tasks = [
        {
            "id": f"s{number}",
            "name": f"Step {number}",
            "type": "SERVICE_TASK",
            "jobType": f"{definition_id}-{number}",
            "nextStep": f"s{number + 1}" if number + 1 < steps else "end",
        }
        for number in range(steps)
    ]
    end = {"id": "end", "name": "End", "type": "END"}
    return {"id": definition_id, "name": definition_id, "steps": [*tasks, end]}


def job_types(definition: dict[str, Any]) -> str:
    """The job types of a definition as the worker program takes them."""
    return ",".join(step["jobType"] for step in definition["steps"] if "jobType" in step)


def upload(engine: Engine, definition: dict[str, Any]) -> str:
    with engine.wire() as wire:
        return str(wire.call("POST", "/v1/definitions", definition)["id"])


def start_many(engine: Engine, definition_id: str, count: int) -> None:
    """Start ``count`` instances as fast as the engine takes them."""
    body = {"definitionId": definition_id, "variables": {"applicantId": "A-001", "n": 1}}
    with engine.wire(FILL_CONNECTIONS) as wire:
        wire.call_all("POST", "/v1/instances", [body] * count)
