"""What a stuck process is doing: the jobs in flight and the names of its threads, on request (SIGUSR1).

The stacks themselves come from faulthandler, which needs no lock and works while Python code hangs.
"""

from __future__ import annotations

import faulthandler
import logging
import tempfile
import threading
from collections.abc import Iterable

from rochallor_cli.counting import count_text
from rochallor_cli.hosting.health.status import HostedJob, WorkerStatus

log = logging.getLogger("rochallor.host")


def show_stacks() -> None:
    """Every thread's stack, in one record."""
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        log.warning("the stacks of all threads:\n%s", file.read().decode("utf-8", "replace").rstrip())


def log_jobs_in_flight(statuses: Iterable[WorkerStatus]) -> None:
    for status in statuses:
        jobs = count_text(len(status.in_flight), "job")
        log.warning(
            "worker %s (pid %d) is %s, %s in flight", status.worker_id, status.pid, status.state, jobs
        )
        for job in status.in_flight:
            log.warning("  %s", job_text(job))


def log_thread_names() -> None:
    """faulthandler prints numbers; these are the names that belong to them."""
    for thread in threading.enumerate():
        log.warning("  thread 0x%016x is %s", thread.ident or 0, thread.name)


def job_text(job: HostedJob) -> str:
    """One line: id, type, instance, seconds, place."""
    return f"{job.job_id}  {job.job_type}  instance {job.instance_id}  ran {job.ran_s:.0f} s   {job.where}".rstrip()
