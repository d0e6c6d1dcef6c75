"""Jobs and their leases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from rochallor_cli.dev_engine.records import JobInPlace, JobRecord, JobStatus, Variables
from rochallor_cli.dev_engine.store.executions import STATUS
from rochallor_cli.dev_engine.store.instances import COLUMNS as INSTANCE_COLUMNS
from rochallor_cli.dev_engine.store.instances import instance_from_row

_COLUMNS = (
    "job.id, job.instance_id, execution_id, job.step_id, job.attempt, job_type, job.status,"
    " retries_remaining, job.variables, created_ns, worker_id, locked_ns, lock_expires_ns"
)
_WIDTH = 13
_INSERT = (
    "INSERT INTO job (id, instance_id, execution_id, step_id, attempt, job_type, status,"
    " retries_remaining, variables, created_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND = f"SELECT {_COLUMNS} FROM job WHERE id = ?"  # noqa: S608 - our columns
_FIND_WITH_ALL = (
    f"SELECT {_COLUMNS}, execution.status, execution.ended_ns, {INSTANCE_COLUMNS} FROM job"  # noqa: S608
    " JOIN execution ON execution.instance_id = job.instance_id"
    " AND execution.step_id = job.step_id AND execution.attempt = job.attempt"
    " JOIN instance ON instance.id = job.instance_id WHERE job.id = ?"
)
_OLDEST = (
    f"SELECT job.seq, {_COLUMNS} FROM job"  # noqa: S608
    " WHERE status = 'OFFERED' AND job_type = ? ORDER BY seq LIMIT ?"
)
_LOCK = "UPDATE job SET status = 'LOCKED', worker_id = ?, locked_ns = ?, lock_expires_ns = ? WHERE id = ?"
_RETURN = (
    "UPDATE job SET status = 'OFFERED', retries_remaining = ?, worker_id = NULL, locked_ns = NULL,"
    " lock_expires_ns = NULL WHERE id = ?"
)
_SETTLE = "UPDATE job SET status = ? WHERE id = ?"
_WITHDRAW = (
    "UPDATE job SET status = 'CANCELLED' WHERE execution_id ="
    " (SELECT id FROM execution WHERE instance_id = ? AND step_id = ? AND attempt = ?)"
    " AND status IN ('OFFERED', 'LOCKED')"
)
_REPLACE = (
    "INSERT INTO job (id, instance_id, execution_id, step_id, attempt, job_type, status, retries_remaining,"
    " variables, created_ns) SELECT ?, instance_id, execution_id, step_id, attempt, job_type, 'OFFERED', ?,"
    " variables, ? FROM job WHERE id = ?"
)
_EXPIRED = (
    f"SELECT {_COLUMNS}, instance.status IN ('ACTIVE', 'WAITING') AND execution.status = 'RUNNING' FROM job"  # noqa: S608
    " JOIN execution ON execution.instance_id = job.instance_id"
    " AND execution.step_id = job.step_id AND execution.attempt = job.attempt"
    " JOIN instance ON instance.id = job.instance_id"
    " WHERE job.status = 'LOCKED' AND lock_expires_ns <= ? ORDER BY lock_expires_ns, job.seq"
)
_FREE = (
    "UPDATE job SET status = 'OFFERED', worker_id = NULL, locked_ns = NULL, lock_expires_ns = NULL"
    " WHERE status = 'LOCKED' AND lock_expires_ns <= ?"
)
_NEXT_EXPIRY = "SELECT min(lock_expires_ns) FROM job WHERE status = 'LOCKED'"


# As in `executions`.
_STATUS = {str(status): status for status in JobStatus}


class Jobs:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, job: JobRecord) -> None:
        self._connection.execute(
            _INSERT,
            (
                job.id,
                job.instance_id,
                job.execution_id,
                job.step_id,
                job.attempt,
                job.job_type,
                job.status,
                job.retries_remaining,
                job.variables.text,
                job.created_ns,
            ),
        )

    def find(self, job_id: str) -> JobRecord | None:
        row = self._connection.execute(_FIND, (job_id,)).fetchone()
        return None if row is None else _job_from_row(row)

    def find_in_place(self, job_id: str) -> JobInPlace | None:
        """The job with its execution's state and its instance."""
        row = self._connection.execute(_FIND_WITH_ALL, (job_id,)).fetchone()
        if row is None:
            return None
        return JobInPlace(
            job=_job_from_row(row[:_WIDTH]),
            step_status=STATUS[row[_WIDTH]],
            step_ended_ns=row[_WIDTH + 1],
            instance=instance_from_row(row[_WIDTH + 2 :]),
        )

    def oldest_offered(self, job_types: Iterable[str], limit: int) -> list[JobRecord]:
        """The jobs that were created first, over all these types."""
        rows: list[tuple[Any, ...]] = []
        for job_type in dict.fromkeys(job_types):
            rows += self._connection.execute(_OLDEST, (job_type, limit))
        rows.sort()
        return [_job_from_row(row[1:]) for row in rows[:limit]]

    def lock(self, job_ids: Iterable[str], worker_id: str, *, locked_ns: int, expires_ns: int) -> None:
        leases = [(worker_id, locked_ns, expires_ns, job_id) for job_id in job_ids]
        self._connection.executemany(_LOCK, leases)

    def offer_again(self, job_id: str, retries_remaining: int) -> None:
        self._connection.execute(_RETURN, (retries_remaining, job_id))

    def replace(self, job_id: str, *, new_id: str, retries_remaining: int, created_ns: int) -> None:
        """Cancel a job and offer another one of the same execution."""
        self._connection.execute(_REPLACE, (new_id, retries_remaining, created_ns, job_id))
        self.settle(job_id, JobStatus.CANCELLED)

    def settle(self, job_id: str, status: JobStatus) -> None:
        self._connection.execute(_SETTLE, (status, job_id))

    def withdraw(self, instance_id: str, step_id: str, attempt: int) -> None:
        """Cancel the job of an execution, unless it is settled."""
        self._connection.execute(_WITHDRAW, (instance_id, step_id, attempt))

    def free_expired(self, now_ns: int) -> int:
        """Offer again what was leased till now or earlier; the number of jobs."""
        return self._connection.execute(_FREE, (now_ns,)).rowcount

    def expired(self, now_ns: int) -> list[tuple[JobRecord, bool]]:
        """What was leased till now or earlier, each with whether it is still to be done."""
        rows = self._connection.execute(_EXPIRED, (now_ns,))
        return [(_job_from_row(row[:_WIDTH]), bool(row[_WIDTH])) for row in rows]

    def next_expiry_ns(self) -> int | None:
        found: int | None = self._connection.execute(_NEXT_EXPIRY).fetchone()[0]
        return found


def _job_from_row(row: Sequence[Any]) -> JobRecord:
    (id_, instance_id, execution_id, step_id, attempt, job_type, status, retries, variables, *rest) = row
    created_ns, worker_id, locked_ns, lock_expires_ns = rest
    return JobRecord(
        id=id_,
        instance_id=instance_id,
        execution_id=execution_id,
        step_id=step_id,
        attempt=attempt,
        job_type=job_type,
        status=_STATUS[status],
        retries_remaining=retries,
        variables=Variables(text=variables),
        created_ns=created_ns,
        worker_id=worker_id,
        locked_ns=locked_ns,
        lock_expires_ns=lock_expires_ns,
    )
