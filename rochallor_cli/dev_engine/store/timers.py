"""Boundary timers that have not fired."""

from __future__ import annotations

import sqlite3
from typing import Any

from rochallor_cli.dev_engine.records import Timer

_COLUMNS = "id, instance_id, execution_id, step_id, attempt, fires_ns, interrupting, target_step_id"
_INSERT = f"INSERT INTO timer ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our columns
_DUE = f"SELECT {_COLUMNS} FROM timer WHERE fires_ns <= ? ORDER BY fires_ns, seq"  # noqa: S608
_DELETE = "DELETE FROM timer WHERE id = ?"
_NEXT = "SELECT min(fires_ns) FROM timer WHERE fires_ns > ?"
_NEXT_OF = "SELECT fires_ns, step_id FROM timer WHERE instance_id = ? ORDER BY fires_ns, seq LIMIT 1"


class Timers:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, timer: Timer) -> None:
        self._connection.execute(
            _INSERT,
            (
                timer.id,
                timer.instance_id,
                timer.execution_id,
                timer.step_id,
                timer.attempt,
                timer.fires_ns,
                timer.interrupting,
                timer.target_step_id,
            ),
        )

    def due(self, now_ns: int) -> list[Timer]:
        """Every timer whose time has come, in the order of their times."""
        rows = self._connection.execute(_DUE, (now_ns,))
        return [_timer_from_row(*row) for row in rows]

    def remove(self, timer_id: str) -> None:
        self._connection.execute(_DELETE, (timer_id,))

    def next_after(self, time_ns: int) -> int | None:
        """When the first timer after this time fires."""
        found: int | None = self._connection.execute(_NEXT, (time_ns,)).fetchone()[0]
        return found

    def next_of(self, instance_id: str) -> tuple[int, str] | None:
        """When the first timer of an instance fires, and the step that it is on."""
        found: tuple[int, str] | None = self._connection.execute(_NEXT_OF, (instance_id,)).fetchone()
        return found


def _timer_from_row(id_: str, instance_id: str, execution_id: str, step_id: str, *rest: Any) -> Timer:
    attempt, fires_ns, interrupting, target_step_id = rest
    return Timer(
        id=id_,
        instance_id=instance_id,
        execution_id=execution_id,
        step_id=step_id,
        attempt=attempt,
        fires_ns=fires_ns,
        interrupting=bool(interrupting),
        target_step_id=target_step_id,
    )
