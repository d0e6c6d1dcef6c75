"""What a running host is doing: `rochallor work status`, and `quiet` and `resume`, over its health port."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.durations import duration_text
from rochallor_cli.errors import ConflictError, EngineAwayError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.health.probe import ask, host_and_port
from rochallor_cli.hosting.health.status import WorkerStatus
from rochallor_cli.output.columns import Column, View

JOBS = View(
    "worker",
    (
        Column("WORKER", "worker"),
        Column("PID", "pid", right=True),
        Column("STATE", "state", least=10),
        Column("JOB TYPE", "jobType"),
        Column("JOB", "job", rank=2),
        Column("INSTANCE", "instance"),
        Column("RAN", "ran", right=True),
        Column("WHERE", "where", least=12, rank=1),
    ),
    fields=("mode", "slots", "ranSeconds", "reportsWaiting"),
)


def host_status(statuses: Sequence[WorkerStatus]) -> dict[str, Any]:
    """The page: every worker of every process, with the jobs in its hands."""
    return {
        "pid": os.getpid(),
        "workers": [
            {
                "worker": status.worker_id,
                "pid": status.pid,
                "mode": status.mode,
                "state": status.state if status.is_ready else status.unready_reason,
                "slots": status.slots,
                "reportsWaiting": status.waiting_reports,
                "jobs": [
                    {
                        "job": job.job_id,
                        "jobType": job.job_type,
                        "instance": job.instance_id,
                        "ranSeconds": round(job.ran_s, 3),
                        "where": job.where,
                    }
                    for job in status.in_flight
                ],
            }
            for status in statuses
        ],
    }


def show_status(context: Context, *, host: str | None, port: str | None) -> int:
    """Print a row for each job in flight, and one for each worker that has none."""
    context.printer.rows(JOBS, list(_rows(_asked(context, host=host, port=port))))
    return ExitStatus.DONE


def send_quiet(context: Context, *, host: str | None, port: str | None, is_quiet: bool) -> int:
    """Have a host on this machine claim no more jobs, or claim again."""
    pid = int(_asked(context, host=host, port=port)["pid"])
    try:
        os.kill(pid, signal.SIGTSTP if is_quiet else signal.SIGCONT)
    except (ProcessLookupError, PermissionError) as error:
        raise ConflictError(
            f"process {pid} cannot be signalled: {error.strerror}",
            hint=f"on its own machine, as its user: kill -{'TSTP' if is_quiet else 'CONT'} {pid}",
        ) from None
    context.printer.note(f"process {pid} claims {'no more jobs' if is_quiet else 'jobs again'}")
    return ExitStatus.DONE


def _asked(context: Context, *, host: str | None, port: str | None) -> dict[str, Any]:
    host, port = host_and_port(host=host, port=port, environ=context.environment.environ)
    if not port or not port.isdigit():
        raise UsageError("which port?", hint="--health-port, or ROCHALLOR_HEALTH_PORT")
    try:
        status, body = ask(host, int(port), "/status")
        found: dict[str, Any] = json.loads(body)
    except (OSError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it broke off"
        raise EngineAwayError(f"no answer from http://{host}:{port}/status: {str(reason).lower()}") from None
    if status != 200 or "workers" not in found:
        raise EngineAwayError(f"http://{host}:{port}/status is not the page of a worker host")
    return found


def _rows(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for worker in page["workers"]:
        jobs = worker.pop("jobs")
        for job in jobs or [{}]:
            ran = {"ran": duration_text(job["ranSeconds"])} if job else {}
            yield {**worker, **job, **ran}
