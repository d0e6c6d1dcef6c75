"""Claim: one job this runner holds, with its lease or whatever else gives it a right to report."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from workflow_sdk.client.timestamps import seconds_between
from workflow_sdk.job import Job, job_from_poll


@dataclass(frozen=True, slots=True)
class Lease:
    """`end` is on the runner's clock, counted from before the poll was sent, so never too late."""

    length_s: float
    end: float


class ClaimRight(enum.Enum):
    """What a claim still allows: a handler to begin, a failure to be reported. The engine takes a failure at face
    value, whoever sends it, and when.
    """

    HAS = "has"
    UNSURE = "unsure"  # it may be over, and will be known soon
    LOST = "lost"


class JobHolder(Protocol):
    """Who holds a job without a lease: a partition, while it is assigned to this consumer."""

    @property
    def right_to_fail(self) -> ClaimRight: ...

    @property
    def is_leaving(self) -> bool:
        """Whether it lets no further job begin."""
        ...

    @property
    def progress_s(self) -> float:
        """For how many seconds it has been read so far; a retry of the job would have come by then."""
        ...

    @property
    def is_inherited(self) -> bool:
        """Whether somebody who held the job before may have reported an outcome of it."""
        ...

    def knows_retries(self, published_by: float) -> bool:
        """Whether a retry that such a report has led to would be known, had it been published by this time (on the
        runner's clock); who asks has it looked for.
        """
        ...


class Claim:
    """What the runner itself remembers of a job: handlers may change their `job` as they like.

    `lease` is None where the engine promises none (Kafka, clients of the user's own). A job id is one
    delivery on the latest engines: `key` is what stays the same, and `retries_remaining` tells attempts apart.
    The key is the step execution; the job's id where a client of the user's own names none.
    `renewals` counts the later claims that this one stands for.
    """

    renewals = 0

    def __init__(self, job: Job, *, lease: Lease | None = None, holder: JobHolder | None = None) -> None:
        self.job = job
        self.job_id = str(job["id"])
        self.job_type = str(job["jobType"])
        self.instance_id = str(job["instanceId"])
        self.step_execution_id = str(job["stepExecutionId"])
        self.retries_remaining = int(job["retriesRemaining"])
        self.key = self.step_execution_id or self.job_id
        self.lease = lease
        self.holder = holder

    def renew(self, later: Claim) -> None:
        """Stand for a later claim of the same job: reports go under the latest id, in the latest lease."""
        self.job_id, self.retries_remaining = later.job_id, later.retries_remaining
        self.lease, self.holder = later.lease, later.holder
        self.renewals += 1

    def is_over(self, now: float) -> bool:
        """Whether the lease has ended."""
        return self.lease is not None and now >= self.lease.end

    def right_to_begin(self, now: float) -> ClaimRight:
        """Whether its handler may be called now."""
        is_leaving = self.holder is not None and self.holder.is_leaving
        return ClaimRight.LOST if is_leaving else self.right_to_fail(now)

    def right_to_fail(self, now: float) -> ClaimRight:
        """Whether a failure of this job may be reported now."""
        if self.is_over(now):
            return ClaimRight.LOST
        return ClaimRight.HAS if self.holder is None else self.holder.right_to_fail


def claim_from_poll(item: Mapping[str, Any], *, asked_at: float) -> Claim:
    """A polled job, its lease measured by the engine's two times on our clock."""
    return Claim(job_from_poll(item), lease=_lease(item, asked_at=asked_at))


def _lease(item: Mapping[str, Any], *, asked_at: float) -> Lease | None:
    begin, end = item.get("lockedAt"), item.get("lockExpiresAt")
    if not isinstance(begin, str) or not isinstance(end, str):
        return None
    try:
        return _lease_between(begin, end, asked_at)
    except (TypeError, ValueError):
        return None


# The jobs of one poll mostly have the same lease.
@lru_cache(maxsize=16)
def _lease_between(begin: str, end: str, asked_at: float) -> Lease:
    length_s = seconds_between(begin, end)
    return Lease(length_s, asked_at + length_s)
