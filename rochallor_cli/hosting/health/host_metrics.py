"""What the host itself has to say in /metrics, besides the counters of the SDK."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from rochallor_cli.hosting.health.exposition import MetricFamily
from rochallor_cli.hosting.health.status import WorkerStatus
from rochallor_cli.version import VERSION


def host_families(
    statuses: Sequence[WorkerStatus], *, restarts: int, failed_starts: int = 0, lost_output: int = 0
) -> list[MetricFamily]:
    """Gauges by worker, from the statuses of all processes, and the number of processes started again."""
    ready = MetricFamily("rochallor_worker_ready", "gauge", "1 while the worker claims jobs.")
    slots = MetricFamily("rochallor_worker_slots", "gauge", "Jobs the worker runs at the same time at most.")
    in_flight = MetricFamily("rochallor_worker_jobs_in_flight", "gauge", "Jobs that handlers work on.")
    waiting = MetricFamily(
        "rochallor_worker_reports_waiting", "gauge", "Results the engine has not heard of yet."
    )
    tick_age = MetricFamily(
        "rochallor_worker_last_tick_age_seconds", "gauge", "How long ago the loop gave a sign of life."
    )
    memory = MetricFamily(
        "rochallor_worker_resident_memory_bytes", "gauge", "Resident memory of the worker's process."
    )
    for status in statuses:
        labels = (("worker", status.worker_id),)
        ready.add(ready.name, labels, float(status.is_ready))
        slots.add(slots.name, labels, status.slots)
        in_flight.add(in_flight.name, labels, len(status.in_flight))
        waiting.add(waiting.name, labels, status.waiting_reports)
        tick_age.add(tick_age.name, labels, status.last_tick_age_s)
        memory.add(memory.name, labels, status.resident_bytes)
    restarted = MetricFamily(
        "rochallor_host_restarts", "counter", "Worker processes started again after a crash."
    )
    restarted.add("rochallor_host_restarts_total", (), restarts)
    unborn = MetricFamily(
        "rochallor_host_failed_starts", "counter", "Worker processes for which the system had no room."
    )
    unborn.add("rochallor_host_failed_starts_total", (), failed_starts)
    lost = MetricFamily(
        "rochallor_host_lost_output", "counter", "Writes to stdout and stderr that nobody took."
    )
    lost.add("rochallor_host_lost_output_total", (), lost_output)
    build = MetricFamily("rochallor_build_info", "gauge", "1; which version runs, on which Python.")
    build.add(build.name, (("python", platform.python_version()), ("version", VERSION)), 1.0)
    return [build, lost, ready, slots, in_flight, waiting, tick_age, memory, restarted, unborn]
