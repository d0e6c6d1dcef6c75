"""Claim: one job this runner holds, with its lease."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow_sdk.client.timestamps import seconds_between
from workflow_sdk.job import Job, job_from_poll


@dataclass(frozen=True, slots=True)
class Lease:
    """`end` is on the monotonic clock, counted from before the poll was sent, so never too late."""

    length_s: float
    end: float


@dataclass(slots=True, eq=False)
class Claim:
    """What the runner itself remembers of a job: handlers may change their `job` as they like.

    `lease` is None where the engine promises none (Kafka, clients of the user's own).
    """

    job: Job
    job_id: str
    job_type: str
    instance_id: str
    retries_remaining: int
    lease: Lease | None = None


def claim_of(job: Job, *, lease: Lease | None = None) -> Claim:
    return Claim(
        job=job,
        job_id=job.job_id,
        job_type=job.job_type,
        instance_id=job.instance_id,
        retries_remaining=job.retries_remaining,
        lease=lease,
    )


def claim_from_poll(item: Mapping[str, Any], *, asked_at: float) -> Claim:
    """A polled job, its lease measured by the engine's two times on our clock."""
    return claim_of(job_from_poll(item), lease=_lease(item, asked_at=asked_at))


def _lease(item: Mapping[str, Any], *, asked_at: float) -> Lease | None:
    begin, end = item.get("lockedAt"), item.get("lockExpiresAt")
    if not begin or not end:
        return None
    try:
        length_s = seconds_between(begin, end)
    except (TypeError, ValueError):
        return None
    return Lease(length_s, asked_at + length_s)
