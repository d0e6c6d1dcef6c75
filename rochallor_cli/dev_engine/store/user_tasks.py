"""Open user tasks."""

from __future__ import annotations

import sqlite3

from rochallor_cli.dev_engine.records import UserTask

_INSERT = "INSERT INTO user_task (id, instance_id, execution_id, step_id, attempt) VALUES (?, ?, ?, ?, ?)"
_FIRST = (
    "SELECT id, instance_id, execution_id, step_id, attempt FROM user_task"
    " WHERE instance_id = ? AND step_id = ? ORDER BY attempt LIMIT 1"
)
_DELETE = "DELETE FROM user_task WHERE instance_id = ? AND step_id = ? AND attempt = ?"


class UserTasks:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, task: UserTask) -> None:
        row = (task.id, task.instance_id, task.execution_id, task.step_id, task.attempt)
        self._connection.execute(_INSERT, row)

    def first_open(self, instance_id: str, step_id: str) -> UserTask | None:
        row = self._connection.execute(_FIRST, (instance_id, step_id)).fetchone()
        return None if row is None else UserTask(*row)

    def close(self, instance_id: str, step_id: str, attempt: int) -> None:
        self._connection.execute(_DELETE, (instance_id, step_id, attempt))
