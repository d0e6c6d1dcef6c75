"""Open user tasks."""

from __future__ import annotations

import sqlite3

from rochallor_cli.dev_engine.records import UserTask

_INSERT = "INSERT INTO user_task (id, instance_id, execution_id, step_id, attempt) VALUES (?, ?, ?, ?, ?)"
_FIRST = "SELECT 1 FROM user_task WHERE instance_id = ? AND step_id = ? LIMIT 1"
_DELETE = "DELETE FROM user_task WHERE instance_id = ? AND step_id = ?"
_DELETE_ONE = f"{_DELETE} AND attempt = ?"


class UserTasks:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, task: UserTask) -> None:
        row = (task.id, task.instance_id, task.execution_id, task.step_id, task.attempt)
        self._connection.execute(_INSERT, row)

    def is_open(self, instance_id: str, step_id: str) -> bool:
        return self._connection.execute(_FIRST, (instance_id, step_id)).fetchone() is not None

    def close(self, instance_id: str, step_id: str) -> None:
        """Close every task of the step."""
        self._connection.execute(_DELETE, (instance_id, step_id))

    def withdraw(self, instance_id: str, step_id: str, attempt: int) -> None:
        self._connection.execute(_DELETE_ONE, (instance_id, step_id, attempt))
