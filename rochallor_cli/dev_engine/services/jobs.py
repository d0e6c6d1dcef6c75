"""Handing out jobs, and what workers report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.errors import internal_error
from rochallor_cli.dev_engine.go_json.reading import holds_nul
from rochallor_cli.dev_engine.records import JobInPlace, JobRecord, JobStatus, Variables
from rochallor_cli.dev_engine.services.apply_effects import write_outcome
from rochallor_cli.dev_engine.services.decisions import decide
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.effects import FaultMet
from rochallor_cli.dev_engine.versions import EngineRules

DEFAULT_MAX_JOBS = 10
_NS_PER_S = 1_000_000_000
# So close together the engine's two transactions overlap.
_AT_ONCE_NS = 2_000_000
_UNLOCKABLE = "lock job instance: no rows in result set"


def poll_jobs(
    resources: Resources, worker_id: str, *, job_types: Iterable[str], max_jobs: int
) -> list[JobRecord]:
    """Lease the oldest offered jobs of these types; max_jobs below 1 is the default."""
    limit = max_jobs if max_jobs > 0 else DEFAULT_MAX_JOBS
    now_ns = resources.clock.now_ns()
    expires_ns = now_ns + int(resources.config.lease_s * _NS_PER_S)
    # Which jobs are leased is a matter of age, how they are listed is not.
    offered = resources.in_some_order(resources.store.jobs.oldest_offered(job_types, limit))
    resources.store.jobs.lock([job.id for job in offered], worker_id, locked_ns=now_ns, expires_ns=expires_ns)
    return [_leased(job, worker_id, locked_ns=now_ns, expires_ns=expires_ns) for job in offered]


def _leased(job: JobRecord, worker_id: str, *, locked_ns: int, expires_ns: int) -> JobRecord:
    # Written out: `replace` takes as long as all else that is done for a job of an answer.
    return JobRecord(
        id=job.id,
        instance_id=job.instance_id,
        execution_id=job.execution_id,
        step_id=job.step_id,
        attempt=job.attempt,
        job_type=job.job_type,
        status=JobStatus.LOCKED,
        retries_remaining=job.retries_remaining,
        variables=job.variables,
        created_ns=job.created_ns,
        worker_id=worker_id,
        locked_ns=locked_ns,
        lock_expires_ns=expires_ns,
    )


def complete_job(
    resources: Resources, job_id: str, changes: Mapping[str, object], *, worker_id: str = ""
) -> str:
    """Complete a job; what is answered by a 500 though it is kept, else empty."""
    found = _find(resources, job_id)
    _note_twice_at_once(resources, found)
    outcome = decide(
        found,
        worker_id,
        changes,
        decision=lambda: transitions.complete_job(
            resources.definition_of(found.instance),
            found.instance,
            found.job,
            step_status=found.step_status,
            worker_id=worker_id,
            changes=_without_nul(changes, resources.rules),
            inputs=resources.inputs(),
        ),
        is_large=found.instance.variables.is_large or (bool(changes) and Variables(values=changes).is_large),
    )
    write_outcome(resources, outcome)
    return outcome.complaint


def _without_nul(changes: Mapping[str, object], rules: EngineRules) -> Mapping[str, object]:
    if changes and holds_nul(dict(changes)):
        nul = "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)"
        doing = "complete step_execution by id" if rules.completion_once else "mark step_execution completed"
        raise internal_error(f"{doing}: {nul}")
    return changes


def _note_twice_at_once(resources: Resources, found: JobInPlace) -> None:
    """Version 0 takes two completions of one moment for two; here they come one after the other."""
    if (
        resources.rules.completion_once
        or found.job.status != JobStatus.COMPLETED
        or found.step_ended_ns is None
    ):
        return
    if 0 < resources.clock.now_ns() - found.step_ended_ns < _AT_ONCE_NS:
        step_id = found.job.step_id
        text = f'the job of step "{step_id}" was completed twice at the same moment: the engine goes on twice'
        resources.tell_fault(found.instance, FaultMet(codes.COMPLETED_TWICE, step_id, text))


def fail_job(
    resources: Resources, job_id: str, message: str, *, retryable: bool, worker_id: str = ""
) -> None:
    found = _find(resources, job_id, unknown=_UNLOCKABLE if resources.rules.strict_leases else "")
    outcome = transitions.fail_job(
        resources.definition_of(found.instance),
        found.instance,
        found.job,
        step_status=found.step_status,
        worker_id=worker_id,
        message=message,
        retryable=retryable,
        inputs=resources.inputs(),
    )
    write_outcome(resources, outcome)


def _find(resources: Resources, job_id: str, *, unknown: str = "") -> JobInPlace:
    """The job with its instance. unknown: what is said of one that is not there, if not as usual."""
    found = resources.store.jobs.find_in_place(job_id)
    if found is None:
        raise internal_error(unknown or f'job "{job_id}" not found')
    return found


def sweep_leases(resources: Resources) -> int:
    """Offer the jobs of expired leases again; the number. With strict leases as other jobs, and of live steps only."""
    jobs, now_ns = resources.store.jobs, resources.clock.now_ns()
    if not resources.rules.strict_leases:
        return jobs.free_expired(now_ns)
    expired = jobs.expired(now_ns)
    for job, is_wanted in expired:
        if is_wanted:
            new_id, retries = resources.new_id(), job.retries_remaining
            jobs.replace(job.id, new_id=new_id, retries_remaining=retries, created_ns=now_ns)
        else:
            jobs.settle(job.id, JobStatus.CANCELLED)
    return len(expired)
