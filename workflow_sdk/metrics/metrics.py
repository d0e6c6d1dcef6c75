"""Metrics: what a runner counts, as Prometheus series `workflow_sdk_*`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

# What the system may have none of.
SHORTAGES = ("threads", "descriptors")


@dataclass
class Metrics:
    """The series of one runner; give each a `CollectorRegistry()` of its own, or share one Metrics.

    The `callback_*` series (reports to the engine) carry the labels `dispatch` (polling, kafka) and
    `callback` (complete, fail).
    """

    registry: CollectorRegistry = field(default_factory=lambda: REGISTRY)
    poll_latency: Histogram = field(init=False)
    lock_conflicts: Counter = field(init=False)
    handler_latency: Histogram = field(init=False)
    retries_total: Counter = field(init=False)
    jobs_completed: Counter = field(init=False)
    jobs_claimed: Counter = field(init=False)
    jobs_failed: Counter = field(init=False)
    jobs_released: Counter = field(init=False)
    unreadable_jobs: Counter = field(init=False)
    slots: Gauge = field(init=False)
    slots_in_use: Gauge = field(init=False)
    lease_overruns: Counter = field(init=False)
    heartbeats: Counter = field(init=False)
    stuck_handlers: Counter = field(init=False)
    shortages: Counter = field(init=False)
    callback_pending: Gauge = field(init=False)
    callback_oldest: Gauge = field(init=False)
    callback_retries: Counter = field(init=False)
    callback_rejected: Counter = field(init=False)
    kafka_record_errors: Counter = field(init=False)

    def __post_init__(self) -> None:
        by_type, by_callback = ["job_type"], ["dispatch", "callback"]
        self.poll_latency = self._histogram("poll_latency_seconds", "Seconds a poll took.")
        self.lock_conflicts = self._counter("lock_conflicts", "Polls that brought no job.")
        self.handler_latency = self._histogram(
            "handler_latency_seconds", "Seconds a handler ran.", labels=by_type
        )
        self.retries_total = self._counter("retries", "Failures the engine retries.", labels=by_type)
        self.jobs_completed = self._counter(
            "jobs_completed",
            "Jobs reported: outcome success, failure, or rejected (by its schema).",
            labels=[*by_type, "outcome"],
        )
        self.jobs_claimed = self._counter("jobs_claimed", "Jobs received from the engine.", labels=by_type)
        self.jobs_failed = self._counter(
            "jobs_failed", "Jobs reported as failed that the engine does not retry.", labels=by_type
        )
        self.jobs_released = self._counter("jobs_released", "Jobs their handlers gave back.", labels=by_type)
        self.unreadable_jobs = self._counter("unreadable_jobs", "Jobs of polls that nobody can read.")
        self.slots = self._gauge("slots", "Jobs the runner can hold at once.")
        self.slots_in_use = self._gauge("slots_in_use", "Jobs the runner holds.")
        self.lease_overruns = self._counter(
            "lease_overruns", "Jobs that ran past four fifths of their lease.", labels=by_type
        )
        self.heartbeats = self._counter(
            "heartbeat", "Lease extensions: accepted, retry, lease_lost, rejected.", labels=["result"]
        )
        self.stuck_handlers = self._counter(
            "stuck_handlers", "Handlers that ran past their time-out and cannot be ended.", labels=by_type
        )
        self.shortages = self._counter(
            "shortages", "Times the system gave no thread or no descriptor.", labels=["what"]
        )
        self._add_callbacks(by_callback)

    def _add_callbacks(self, by_callback: list[str]) -> None:
        self.callback_pending = self._gauge(
            "callback_pending", "Reports not acknowledged.", labels=by_callback
        )
        self.callback_oldest = self._gauge(
            "callback_oldest_pending_seconds",
            "Age of the oldest report not acknowledged.",
            labels=by_callback,
        )
        self.callback_retries = self._counter("callback_retries", "Reports sent again.", labels=by_callback)
        self.callback_rejected = self._counter(
            "callback_rejected", "Reports refused for good.", labels=by_callback
        )
        self.kafka_record_errors = self._counter("kafka_record_errors", "Records that could not be read.")

    def expect(self, job_types: Iterable[str], *, dispatch: str) -> None:
        """Have every series exist, with 0, before its first event: what is not there cannot be watched for."""
        for job_type in job_types:
            for series in (
                self.handler_latency,
                self.retries_total,
                self.jobs_claimed,
                self.jobs_failed,
                self.jobs_released,
                self.lease_overruns,
                self.stuck_handlers,
            ):
                series.labels(job_type)
            for outcome in ("success", "failure"):
                self.jobs_completed.labels(job_type, outcome)
        for callback in ("complete", "fail"):
            for reports in (
                self.callback_pending,
                self.callback_oldest,
                self.callback_retries,
                self.callback_rejected,
            ):
                reports.labels(dispatch, callback)
        for what in SHORTAGES:
            self.shortages.labels(what)
        for result in ("accepted", "retry", "lease_lost", "rejected"):
            self.heartbeats.labels(result)

    def _counter(self, name: str, about: str, *, labels: list[str] | None = None) -> Counter:
        return Counter(f"workflow_sdk_{name}", about, labels or [], registry=self.registry)

    def _gauge(self, name: str, about: str, *, labels: list[str] | None = None) -> Gauge:
        return Gauge(f"workflow_sdk_{name}", about, labels or [], registry=self.registry)

    def _histogram(self, name: str, about: str, *, labels: list[str] | None = None) -> Histogram:
        return Histogram(f"workflow_sdk_{name}", about, labels or [], registry=self.registry)
