"""Statistics: a runner's counts, for its summary and for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.summary import JobTypeStats, JobTypeSummary

_WEIGHT = 0.05
# The label of all job types that no handler is registered for.
UNKNOWN_TYPE = "(unknown)"


class _TypeCounters:
    """The series of one job type, looked up once: `labels(…)` is dear on the hot path."""

    def __init__(self, metrics: Metrics, job_type: str) -> None:
        self.stats = JobTypeStats()
        self.claimed = metrics.jobs_claimed.labels(job_type).inc
        self.ran: Callable[[float], None] = metrics.handler_latency.labels(job_type).observe
        self.succeeded = metrics.jobs_completed.labels(job_type, "success").inc
        self.failed = metrics.jobs_completed.labels(job_type, "failure").inc
        self.rejected = metrics.jobs_completed.labels(job_type, "rejected").inc
        self.retried = metrics.retries_total.labels(job_type).inc
        self.failed_for_good = metrics.jobs_failed.labels(job_type).inc
        self.released = metrics.jobs_released.labels(job_type).inc


class Statistics:
    """Written on the runner's loop, read from anywhere."""

    def __init__(
        self, metrics: Metrics, *, clock: Clock = boottime, is_known: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._metrics = metrics
        self._is_known = is_known
        self._clock = clock
        self._by_type: dict[str, _TypeCounters] = {}
        # When something happened last, as of the latest tick; whether something did since.
        self._seen_active = clock()
        self._is_active = False
        # Of the latest runs of all types, seconds; infinite before the first.
        self.mean_ran_s = inf

    @property
    def last_activity(self) -> float:
        """When something happened last, to the precision of a tick."""
        self.note_time()
        return self._seen_active

    def note_time(self) -> None:
        """Date what has happened since the last call: no job reads a clock for it, each tick calls this."""
        if self._is_active:
            self._is_active, self._seen_active = False, self._clock()

    def claimed(self, job_type: str) -> None:
        self._of(job_type).claimed()
        self._is_active = True

    def ran(self, job_type: str, seconds: float) -> None:
        counters = self._of(job_type)
        counters.ran(seconds)
        counters.stats.durations_s.append(seconds)
        known = self.mean_ran_s != inf
        self.mean_ran_s = self.mean_ran_s + (seconds - self.mean_ran_s) * _WEIGHT if known else seconds

    def released(self, job_type: str) -> None:
        """Given back by its handler."""
        self._of(job_type).released()
        self._is_active = True

    def settled(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        """Count what counted: what the engine has, and what it has ended the step over."""
        counters = self._of(claim.job_type)
        self._is_active = True
        if settlement is Settlement.REJECTED:
            counters.stats.failed += 1
            counters.rejected()
        if settlement is not Settlement.ACKNOWLEDGED:
            return
        if isinstance(outcome, Completed):
            counters.stats.done += 1
            counters.succeeded()
            return
        counters.failed()
        if outcome.retryable and claim.retries_remaining > 0:
            counters.stats.retried += 1
            counters.retried()
        else:
            counters.stats.failed += 1
            counters.failed_for_good()

    def by_type(self) -> Mapping[str, JobTypeSummary]:
        return {job_type: counters.stats.summary() for job_type, counters in list(self._by_type.items())}

    def _of(self, job_type: str) -> _TypeCounters:
        found = self._by_type.get(job_type)
        if found is None and not self._is_known(job_type):
            # What somebody else has written must not become a label: there is no end to it.
            job_type = UNKNOWN_TYPE
            found = self._by_type.get(job_type)
        if found is None:
            found = self._by_type[job_type] = _TypeCounters(self._metrics, job_type)
        return found
