"""Chained workflows that are still to be started."""

from __future__ import annotations

import sqlite3

from rochallor_cli.dev_engine.records import Variables


class NextWorkflows:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, definition_id: str, variables: Variables) -> None:
        self._connection.execute(
            "INSERT INTO next_workflow (definition_id, variables) VALUES (?, ?)",
            (definition_id, variables.text),
        )

    def all(self) -> list[tuple[int, str, Variables]]:
        """Number, definition id and variables of each, oldest first."""
        rows = self._connection.execute(
            "SELECT seq, definition_id, variables FROM next_workflow ORDER BY seq"
        )
        return [(seq, definition_id, Variables(text=text)) for seq, definition_id, text in rows]

    def remove(self, seq: int) -> None:
        self._connection.execute("DELETE FROM next_workflow WHERE seq = ?", (seq,))
