"""How workers are and what they have done, as values: asked from runners, sent over pipes, shown by probes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# The loop of a runner ticks once a second or more often; one that has not for this long is stuck.
STUCK_AFTER_S = 10.0


@dataclass(frozen=True)
class HostedJob:
    """A job that a handler works on, or has left behind. `where` is file:line and function."""

    job_id: str
    job_type: str
    instance_id: str
    ran_s: float
    where: str


@dataclass(frozen=True)
class WorkerStatus:
    """One worker of one process, now. `reason` says why it is not ready."""

    worker_id: str
    pid: int
    mode: str
    state: str
    engine_reachable: bool | None = None
    reason: str = ""
    last_tick_age_s: float = 0.0
    is_idle: bool = False
    jobs_settled: int = 0
    slots: int = 0
    resident_bytes: int = 0
    waiting_reports: int = 0
    in_flight: tuple[HostedJob, ...] = ()
    # Why it can take no job although all around it is well.
    blocked: str = ""
    # Because others have all there is to do.
    is_surplus: bool = False

    @property
    def is_live(self) -> bool:
        return self.last_tick_age_s < STUCK_AFTER_S

    @property
    def is_ready(self) -> bool:
        is_well = self.engine_reachable is True and not self.reason and not self.blocked
        return self.state == "running" and is_well and self.is_live

    @property
    def unready_reason(self) -> str:
        if self.reason:
            return self.reason
        if not self.is_live:
            return f"stuck: no sign of life for {self.last_tick_age_s:.0f} s"
        if self.blocked:
            return self.blocked
        if self.state != "running":
            return self.state
        return "starting" if self.engine_reachable is None else "engine unreachable"


@dataclass(frozen=True)
class TypeSummary:
    """What became of the jobs of one type; times are the handler's, in seconds."""

    job_type: str
    done: int
    failed: int
    retried: int
    p50_s: float | None = None
    p99_s: float | None = None


@dataclass(frozen=True)
class WorkerSummary:
    """A worker at its end."""

    worker_id: str
    types: tuple[TypeSummary, ...] = ()
    abandoned: tuple[HostedJob, ...] = ()
    drain_s: float | None = None


def resident_bytes() -> int:
    """Memory of this process, where the system tells it (Linux), else 0."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def merged_types(summaries: Iterable[WorkerSummary]) -> list[TypeSummary]:
    """One row per job type over all processes.

    Quantiles of several processes cannot be joined exactly: the median is the mean of the medians weighted
    by jobs, the 99th percentile the largest one, so that nothing looks better than it was.
    """
    by_type: dict[str, list[TypeSummary]] = {}
    for summary in summaries:
        for entry in summary.types:
            by_type.setdefault(entry.job_type, []).append(entry)
    return [_merged(entries) for entries in by_type.values()]


def _merged(entries: Sequence[TypeSummary]) -> TypeSummary:
    timed = [
        (entry.done + entry.failed, entry.p50_s, entry.p99_s) for entry in entries if entry.p50_s is not None
    ]
    jobs = sum(count for count, _, _ in timed)
    return TypeSummary(
        job_type=entries[0].job_type,
        done=sum(entry.done for entry in entries),
        failed=sum(entry.failed for entry in entries),
        retried=sum(entry.retried for entry in entries),
        p50_s=sum(count * (p50_s or 0) for count, p50_s, _ in timed) / jobs if jobs else None,
        p99_s=max((p99_s for _, _, p99_s in timed if p99_s is not None), default=None),
    )


def readiness(statuses: Sequence[WorkerStatus]) -> tuple[bool, dict[str, Any]]:
    """Whether the host is ready, and why not: every worker must be."""
    unready = {status.worker_id: status.unready_reason for status in statuses if not status.is_ready}
    if not statuses:
        return False, {"status": "starting", "workers": {}}
    if not unready:
        return True, {"status": "ready", "workers": {status.worker_id: "ready" for status in statuses}}
    reasons = list(dict.fromkeys(unready.values()))
    everyone = {status.worker_id: unready.get(status.worker_id, "ready") for status in statuses}
    return False, {"status": "; ".join(reasons), "workers": everyone}


def liveness(statuses: Sequence[WorkerStatus]) -> tuple[bool, dict[str, Any]]:
    """Whether every worker's loop ticks."""
    stuck = {s.worker_id: round(s.last_tick_age_s, 1) for s in statuses if not s.is_live}
    if stuck:
        return False, {"status": "stuck", "no_sign_of_life_for_s": stuck}
    return True, {"status": "live"}
