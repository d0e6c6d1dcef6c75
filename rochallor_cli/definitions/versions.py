"""The versions of one definition, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rochallor_cli.definitions.differences import differences
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.reading import listed


def version_rows(
    engine: AdminClient, definition_id: str, *, newest: int, oldest: int
) -> Iterator[dict[str, Any]]:
    """id, version, name, number of steps and changes of each, the latest first; one request for each."""
    later = engine.definition(definition_id, newest)
    for version in range(newest, oldest - 1, -1):
        found, before = later, engine.definition(definition_id, version - 1) if version > 1 else {}
        changes = differences(before, found) if before else []
        yield {
            "id": definition_id,
            "version": version,
            "name": found.get("name"),
            "steps": len(listed(found.get("steps"))),
            "changes": [change.as_row() for change in changes],
        }
        later = before
