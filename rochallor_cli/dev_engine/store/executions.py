"""Step executions: the history."""

from __future__ import annotations

import sqlite3
from typing import Any

from rochallor_cli.dev_engine.records import ExecutionStatus, StepExecution

_INSERT = (
    "INSERT INTO execution (id, instance_id, step_id, step_type, attempt, status, started_ns, ended_ns,"
    " failure_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_END = (
    "UPDATE execution SET status = ?, ended_ns = ?, failure_reason = coalesce(?, failure_reason)"
    " WHERE instance_id = ? AND step_id = ? AND attempt = ?"
)
_HISTORY = (
    "SELECT id, instance_id, step_id, step_type, attempt, status, started_ns, ended_ns, failure_reason"
    " FROM execution WHERE instance_id = ? ORDER BY started_ns, id"
)
_FAIL_RUNNING = (
    "UPDATE execution SET status = 'FAILED', ended_ns = ?, failure_reason = ?"
    " WHERE instance_id = ? AND step_id = ? AND status = 'RUNNING'"
)
_RUNNING = (
    "SELECT attempt FROM execution WHERE instance_id = ? AND step_id = ? AND status = 'RUNNING'"
    " ORDER BY attempt"
)
_STATUS = "SELECT status FROM execution WHERE instance_id = ? AND step_id = ? AND attempt = ?"
_LATEST_STATUS = (
    "SELECT status FROM execution WHERE instance_id = ? AND step_id = ? ORDER BY attempt DESC LIMIT 1"
)


# To look a member up by its class takes five times as long.
STATUS = {str(status): status for status in ExecutionStatus}


class Executions:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, execution: StepExecution) -> None:
        self._connection.execute(
            _INSERT,
            (
                execution.id,
                execution.instance_id,
                execution.step_id,
                execution.step_type,
                execution.attempt,
                execution.status,
                execution.started_ns,
                execution.ended_ns,
                execution.failure_reason,
            ),
        )

    def end(
        self,
        instance_id: str,
        step_id: str,
        *,
        attempt: int,
        status: ExecutionStatus,
        ended_ns: int,
        failure_reason: str | None,
    ) -> None:
        """Give an execution its outcome; without a reason the one it has stays."""
        self._connection.execute(_END, (status, ended_ns, failure_reason, instance_id, step_id, attempt))

    def fail_running(self, instance_id: str, step_id: str, *, ended_ns: int, failure_reason: str) -> None:
        """Have every execution of the step that is RUNNING fail."""
        self._connection.execute(_FAIL_RUNNING, (ended_ns, failure_reason, instance_id, step_id))

    def running(self, instance_id: str, step_id: str) -> list[int]:
        """The attempts of the step that are RUNNING."""
        rows = self._connection.execute(_RUNNING, (instance_id, step_id))
        return [attempt for (attempt,) in rows]

    def status(self, instance_id: str, step_id: str, attempt: int) -> ExecutionStatus:
        row = self._connection.execute(_STATUS, (instance_id, step_id, attempt)).fetchone()
        return STATUS[row[0]]

    def latest_status(self, instance_id: str, step_id: str) -> ExecutionStatus | None:
        """The state of the step's last execution; None where it was never entered."""
        row = self._connection.execute(_LATEST_STATUS, (instance_id, step_id)).fetchone()
        return None if row is None else STATUS[row[0]]

    def history(self, instance_id: str) -> list[StepExecution]:
        rows = self._connection.execute(_HISTORY, (instance_id,))
        return [_execution_from_row(*row) for row in rows]


def _execution_from_row(
    id_: str, instance_id: str, step_id: str, step_type: str, *rest: Any
) -> StepExecution:
    attempt, status, started_ns, ended_ns, failure_reason = rest
    return StepExecution(
        id=id_,
        instance_id=instance_id,
        step_id=step_id,
        step_type=step_type,
        attempt=attempt,
        status=STATUS[status],
        started_ns=started_ns,
        ended_ns=ended_ns,
        failure_reason=failure_reason,
    )
