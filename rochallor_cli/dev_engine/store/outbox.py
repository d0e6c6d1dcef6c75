"""Jobs that are still to be published, in dispatch mode "kafka"."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import Variables

_PENDING = (
    "SELECT outbox.seq, dedup_id, job.id, instance_id, execution_id, job_type, retries_remaining,"
    " variables, created_ns FROM outbox JOIN job ON job.id = outbox.job_id ORDER BY outbox.seq LIMIT ?"
)
_OPEN_JOBS = (
    "SELECT job.id FROM job JOIN instance ON instance.id = job.instance_id"
    " WHERE job.status = 'OFFERED' AND instance.status IN ('ACTIVE', 'WAITING')"
    " AND job.id NOT IN (SELECT job_id FROM outbox) ORDER BY job.seq"
)
_IS_OPEN = "SELECT count(*) FROM job WHERE id = ? AND status = 'OFFERED'"


@quick_dataclass(frozen=True, slots=True)
class PendingDispatch:
    """A job as it is to be published; ``seq`` names the entry, ``dedup_id`` stays over republishing."""

    seq: int
    dedup_id: str
    job_id: str
    instance_id: str
    execution_id: str
    job_type: str
    retries_remaining: int
    variables: Variables
    created_ns: int


class Outbox:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, dedup_id: str, job_id: str) -> None:
        self._connection.execute("INSERT INTO outbox (dedup_id, job_id) VALUES (?, ?)", (dedup_id, job_id))

    def pending(self, limit: int) -> list[PendingDispatch]:
        """The oldest entries."""
        rows = self._connection.execute(_PENDING, (limit,))
        return [_dispatch_from_row(*row) for row in rows]

    def add_open_jobs(self, new_id: Callable[[], str]) -> int:
        """Enter every open job of a live instance that is not there; the number."""
        open_jobs = self._connection.execute(_OPEN_JOBS).fetchall()
        for (job_id,) in open_jobs:
            self.add(new_id(), job_id)
        return len(open_jobs)

    def is_open_job(self, job_id: str) -> bool:
        """Whether a worker's report for this job is still to come."""
        found: int = self._connection.execute(_IS_OPEN, (job_id,)).fetchone()[0]
        return found > 0

    def forget(self, seqs: Iterable[int]) -> None:
        self._connection.executemany("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in seqs])


def _dispatch_from_row(seq: int, dedup_id: str, job_id: str, *rest: Any) -> PendingDispatch:
    instance_id, execution_id, job_type, retries_remaining, variables, created_ns = rest
    return PendingDispatch(
        seq=seq,
        dedup_id=dedup_id,
        job_id=job_id,
        instance_id=instance_id,
        execution_id=execution_id,
        job_type=job_type,
        retries_remaining=retries_remaining,
        variables=Variables(text=variables),
        created_ns=created_ns,
    )
