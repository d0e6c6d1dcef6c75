"""Instances."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from rochallor_cli.dev_engine.records import Instance, InstanceStatus, Variables

COLUMNS = (
    "instance.id, definition_id, definition_version, instance.status, current_step_ids,"
    " instance.variables, entered, completed, instance.started_ns, completed_ns, instance.failure_reason,"
    " business_key"
)
_INSERT = (
    "INSERT INTO instance (id, definition_id, definition_version, status, current_step_ids, variables,"
    " entered, completed, started_ns, completed_ns, failure_reason, business_key)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE instance SET status = ?, current_step_ids = ?, variables = ?, entered = ?, completed = ?,"
    " completed_ns = ?, failure_reason = ? WHERE id = ?"
)
_FIND = f"SELECT {COLUMNS} FROM instance WHERE id = ?"  # noqa: S608 - our columns
_KEY_IN_USE = (
    "SELECT 1 FROM instance WHERE definition_id = ? AND business_key = ?"
    " AND business_key IS NOT NULL AND status IN ('ACTIVE', 'WAITING') LIMIT 1"
)


# As in `executions`.
_STATUS = {str(status): status for status in InstanceStatus}


class Instances:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, instance: Instance) -> None:
        self._connection.execute(
            _INSERT,
            (
                instance.id,
                instance.definition_id,
                instance.definition_version,
                instance.status,
                _list_text(instance.current_step_ids),
                instance.variables.text,
                _counts_text(tuple(instance.entered.items())),
                _counts_text(tuple(instance.completed.items())),
                instance.started_ns,
                instance.completed_ns,
                instance.failure_reason,
                instance.business_key,
            ),
        )

    def save(self, instance: Instance) -> None:
        """Write what an event may have changed."""
        self._connection.execute(
            _UPDATE,
            (
                instance.status,
                _list_text(instance.current_step_ids),
                instance.variables.text,
                _counts_text(tuple(instance.entered.items())),
                _counts_text(tuple(instance.completed.items())),
                instance.completed_ns,
                instance.failure_reason,
                instance.id,
            ),
        )

    def find(self, instance_id: str) -> Instance | None:
        row = self._connection.execute(_FIND, (instance_id,)).fetchone()
        return None if row is None else instance_from_row(row)

    def is_key_in_use(self, definition_id: str, business_key: str) -> bool:
        """Whether a live instance of the definition holds the key."""
        return self._connection.execute(_KEY_IN_USE, (definition_id, business_key)).fetchone() is not None

    def search(self, filters: Mapping[str, str], *, limit: int, offset: int) -> tuple[list[Instance], int]:
        """One page, newest first, and the total. Filters: definition_id, status, business_key."""
        chosen = [name for name in ("definition_id", "status", "business_key") if filters.get(name)]
        where = "".join(f" AND {name} = ?" for name in chosen)
        parameters = [filters[name] for name in chosen]
        total = self._connection.execute(
            f"SELECT count(*) FROM instance WHERE true{where}",  # noqa: S608
            parameters,
        ).fetchone()[0]
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM instance WHERE true{where} ORDER BY seq DESC LIMIT ? OFFSET ?",  # noqa: S608
            [*parameters, limit, offset],
        )
        return [instance_from_row(row) for row in rows], total


def instance_from_row(row: Sequence[Any]) -> Instance:
    """An instance from the columns of `COLUMNS`."""
    (id_, definition_id, version, status, current, variables, entered, completed, *rest) = row
    started_ns, completed_ns, failure_reason, business_key = rest
    return Instance(
        id=id_,
        definition_id=definition_id,
        definition_version=version,
        status=_STATUS[status],
        current_step_ids=_list_of(current),
        variables=Variables(text=variables),
        entered=_counts_of(entered),
        completed=_counts_of(completed),
        started_ns=started_ns,
        completed_ns=completed_ns,
        failure_reason=failure_reason,
        business_key=business_key,
    )


# Thousands of instances are at the same few places, so the same few texts are written and read all the time. What is
# given is shared: nobody changes it.
_at_hand = lru_cache(maxsize=4_096)


@_at_hand
def _list_text(step_ids: tuple[str, ...]) -> str:
    return json.dumps(step_ids)


@_at_hand
def _list_of(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@_at_hand
def _counts_text(counts: tuple[tuple[str, int], ...]) -> str:
    return json.dumps(dict(counts))


@_at_hand
def _counts_of(text: str) -> Mapping[str, int]:
    return MappingProxyType(json.loads(text))
