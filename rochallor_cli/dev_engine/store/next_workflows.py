"""Chained workflows that are still to be started."""

from __future__ import annotations

import sqlite3

from rochallor_cli.dev_engine.records import NextWorkflow, Variables


class NextWorkflows:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, following: NextWorkflow) -> None:
        self._connection.execute(
            "INSERT INTO next_workflow (definition_id, variables, business_key) VALUES (?, ?, ?)",
            (following.definition_id, following.variables.text, following.business_key),
        )

    def all(self) -> list[tuple[int, NextWorkflow]]:
        """Each with its number, oldest first."""
        rows = self._connection.execute(
            "SELECT seq, definition_id, variables, business_key FROM next_workflow ORDER BY seq"
        )
        return [
            (seq, NextWorkflow(definition_id, Variables(text=variables), business_key))
            for seq, definition_id, variables, business_key in rows
        ]

    def remove(self, seq: int) -> None:
        self._connection.execute("DELETE FROM next_workflow WHERE seq = ?", (seq,))
