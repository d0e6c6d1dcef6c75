"""From what the SDK's runners say of themselves to the host's own values."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.health.status import (
    HostedJob,
    TypeSummary,
    WorkerStatus,
    WorkerSummary,
    resident_bytes,
)
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.summary import AbandonedJob, InFlightJob, JobTypeSummary, RunnerSnapshot, RunSummary


def status_of(
    config: WorkerConfig, mode: str, snapshot: RunnerSnapshot, *, places: int, blocked_after_s: float
) -> WorkerStatus:
    """`places` is how many jobs may run at once: see `places_of`."""
    settled = snapshot.types.values()
    return WorkerStatus(
        worker_id=config.worker_id,
        pid=os.getpid(),
        mode=mode,
        state=snapshot.state,
        engine_reachable=snapshot.engine_reachable,
        reason=_reason(snapshot),
        last_tick_age_s=snapshot.last_tick_s,
        is_idle=snapshot.is_idle,
        jobs_settled=sum(entry.done + entry.failed + entry.retried for entry in settled),
        slots=snapshot.slots,
        resident_bytes=resident_bytes(),
        waiting_reports=snapshot.waiting_reports,
        in_flight=tuple(_job(job) for job in snapshot.in_flight),
        blocked=_blocked(snapshot, places, blocked_after_s),
        is_surplus=bool(snapshot.surplus),
    )


def places_of(config: WorkerConfig, registry: HandlerRegistry) -> int:
    """How many jobs may run at once: fewer than slots where each type that is served has a limit of its own."""
    served = [
        handler
        for handler in registry.handlers().values()
        if not config.job_types or handler.job_type in config.job_types
    ]
    return min(config.parallelism, sum(handler.parallelism or config.parallelism for handler in served))


def summary_of(worker_id: str, summary: RunSummary) -> WorkerSummary:
    return WorkerSummary(
        worker_id=worker_id,
        types=_types(summary.types),
        abandoned=tuple(_job(job) for job in summary.abandoned),
        drain_s=summary.drain_s,
    )


def counts_of(worker_id: str, snapshot: RunnerSnapshot | None) -> WorkerSummary:
    """What came of the jobs so far."""
    return WorkerSummary(worker_id, types=_types(snapshot.types) if snapshot else ())


def _types(types: Mapping[str, JobTypeSummary]) -> tuple[TypeSummary, ...]:
    return tuple(
        TypeSummary(job_type, entry.done, entry.failed, entry.retried, entry.p50_s, entry.p99_s)
        for job_type, entry in types.items()
    )


def _reason(snapshot: RunnerSnapshot) -> str:
    if snapshot.engine_reachable is False and snapshot.state != "stopped":
        return f"engine unreachable: {snapshot.engine_reason}"
    if snapshot.source_trouble and snapshot.state == "running":
        return f"consumer stalled: {snapshot.source_trouble}"
    return ""


def _blocked(snapshot: RunnerSnapshot, places: int, after_s: float) -> str:
    """Said when no place has come free for so long: nothing new can start here."""
    if snapshot.is_paused and snapshot.state == "running":
        return "quiet: claims no jobs until it is resumed"
    if snapshot.state == "running" and (snapshot.shortage or snapshot.surplus):
        return snapshot.shortage or snapshot.surplus
    running = [job for job in snapshot.in_flight if job.phase == "running"]
    if snapshot.state != "running" or len(running) < places:
        return ""
    shortest_s = min(job.ran_s for job in running)
    if shortest_s < after_s:
        return ""
    types = ", ".join(dict.fromkeys(job.job_type for job in running))
    return f"blocked: {places} of {places} slots taken for {shortest_s:.0f} s, by {types}"


def _job(job: InFlightJob | AbandonedJob) -> HostedJob:
    return HostedJob(job.job_id, job.job_type, job.instance_id, job.ran_s, job.where)
