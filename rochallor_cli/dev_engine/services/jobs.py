"""Handing out jobs, and what workers report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.errors import internal_error
from rochallor_cli.dev_engine.records import Job, JobInPlace, JobStatus, Variables
from rochallor_cli.dev_engine.services.apply_effects import write_outcome
from rochallor_cli.dev_engine.services.resources import Core
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.effects import FaultMet

DEFAULT_MAX_JOBS = 10
_NS_PER_S = 1_000_000_000
# So close together the engine's two transactions overlap.
_AT_ONCE_NS = 2_000_000


def poll_jobs(core: Core, worker_id: str, job_types: Iterable[str], max_jobs: int) -> list[Job]:
    """Lease the oldest offered jobs of these types; max_jobs below 1 is the default."""
    limit = max_jobs if max_jobs > 0 else DEFAULT_MAX_JOBS
    now_ns = core.clock.now_ns()
    expires_ns = now_ns + int(core.config.lease_s * _NS_PER_S)
    leased = []
    # Which jobs are leased is a matter of age, how they are listed is not.
    for job in core.in_some_order(core.store.jobs.oldest_offered(job_types, limit)):
        core.store.jobs.lock(job.id, worker_id, locked_ns=now_ns, expires_ns=expires_ns)
        leased.append(
            replace(
                job,
                status=JobStatus.LOCKED,
                worker_id=worker_id,
                locked_ns=now_ns,
                lock_expires_ns=expires_ns,
            )
        )
    return leased


def complete_job(core: Core, job_id: str, changes: Mapping[str, object]) -> None:
    found = _find(core, job_id)
    if changes and Variables(values=changes).holds_nul():
        nul = "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)"
        raise internal_error(f"mark step_execution completed: {nul}")
    _note_twice_at_once(core, found)
    outcome = transitions.complete_job(
        core.definition_of(found.instance),
        found.instance,
        found.job,
        step_status=found.step_status,
        changes=changes,
        circumstances=core.circumstances(),
    )
    write_outcome(core, outcome)


def _note_twice_at_once(core: Core, found: JobInPlace) -> None:
    """The engine takes two completions of one moment for two; here they come one after the other."""
    if found.job.status != JobStatus.COMPLETED or found.step_ended_ns is None:
        return
    if 0 < core.clock.now_ns() - found.step_ended_ns < _AT_ONCE_NS:
        step_id = found.job.step_id
        text = f'the job of step "{step_id}" was completed twice at the same moment: the engine goes on twice'
        core.tell_fault(found.instance, FaultMet(codes.COMPLETED_TWICE, step_id, text))


def fail_job(core: Core, job_id: str, message: str, *, retryable: bool) -> None:
    found = _find(core, job_id)
    outcome = transitions.fail_job(
        core.definition_of(found.instance),
        found.instance,
        found.job,
        step_status=found.step_status,
        message=message,
        retryable=retryable,
        circumstances=core.circumstances(),
    )
    write_outcome(core, outcome)


def _find(core: Core, job_id: str) -> JobInPlace:
    found = core.store.jobs.find_in_place(job_id)
    if found is None:
        raise internal_error(f'job "{job_id}" not found')
    return found


def sweep_leases(core: Core) -> int:
    """Offer the jobs of expired leases again; the number."""
    return core.store.jobs.free_expired(core.clock.now_ns())
