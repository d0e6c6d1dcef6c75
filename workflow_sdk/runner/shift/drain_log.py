"""What is said when a worker begins to stop, and when it has."""

from __future__ import annotations

import logging
from collections.abc import Collection

from workflow_sdk.runner.counting import count_text
from workflow_sdk.runner.summary import AbandonedJob

log = logging.getLogger("workflow_sdk.runner")


def say_stopping(in_flight: int, drain_timeout_s: float, *, hint: str) -> None:
    """`hint` is how a person can end the wait."""
    if not in_flight:
        log.info("stopping: no jobs in flight")
        return
    how_to_end = f" {hint}." if hint else ""
    jobs = count_text(in_flight, "job")
    log.info("stopping: %s in flight, up to %g s.%s", jobs, drain_timeout_s, how_to_end)


def say_drained(abandoned: Collection[AbandonedJob], drain_s: float, *, dispatch: str) -> None:
    """One line, or one more for each job that was left; how those come again depends on the dispatch."""
    if not abandoned:
        log.info("drained in %.1f s", drain_s)
        return
    lines = [
        f"  {job.job_id}  {job.job_type}  instance {job.instance_id}  ran {job.ran_s:.0f} s   {job.where}"
        for job in abandoned
    ]
    log.warning(
        "drain ended after %.0f s with %s unfinished; %s\n%s",
        drain_s,
        count_text(len(abandoned), "job"),
        _what_follows(len(abandoned), dispatch),
        "\n".join(lines),
    )


def _what_follows(count: int, dispatch: str) -> str:
    if dispatch == "kafka":
        return "the next worker of the group gets " + ("its record" if count == 1 else "their records")
    if count == 1:
        return "the engine will hand it out again when its lease ends"
    return "the engine will hand them out again when their leases end"
