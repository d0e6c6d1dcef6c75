"""Job: one claimed piece of work, as a handler sees it; and `current_job()`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextvars import ContextVar
from time import monotonic
from typing import Any

_NEVER = threading.Event()


class Job(dict[str, Any]):
    """A dict with the keys `id, jobType, instanceId, stepExecutionId, retriesRemaining, variables`.

    The same values are attributes. `job["cancel_event"]` and `job["stepId"]` work too, as in the
    published SDK, without being items: so a job stays something JSON, pickle and copy can carry.
    """

    __slots__ = ()

    @property
    def job_id(self) -> str:
        return str(self["id"])

    @property
    def job_type(self) -> str:
        return str(self["jobType"])

    @property
    def instance_id(self) -> str:
        return str(self["instanceId"])

    @property
    def step_execution_id(self) -> str:
        return str(self["stepExecutionId"])

    @property
    def idempotency_key(self) -> str:
        """The step execution: what all deliveries and automatic retries of this piece of work have in common."""
        return self.step_execution_id or self.job_id

    @property
    def retries_remaining(self) -> int:
        return int(self["retriesRemaining"])

    @property
    def variables(self) -> dict[str, Any]:
        return self["variables"]  # type: ignore[no-any-return]

    def __missing__(self, key: str) -> Any:
        if key == "cancel_event":
            running = _current.get()
            return running.stopping if running else _NEVER
        if key == "stepId":
            return ""
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default


def job_from_poll(item: Mapping[str, Any]) -> Job:
    """The engine's job, as polled, in the form handlers get."""
    job = Job(
        id=item["id"],
        jobType=item["jobType"],
        instanceId=item.get("instanceId", ""),
        stepExecutionId=item.get("stepExecutionId", ""),
        retriesRemaining=item.get("retriesRemaining", 0),
        variables=item.get("variables") or {},
    )
    if item.get("stepId"):
        job["stepId"] = item["stepId"]
    return job


class CurrentJob:
    """The job the calling handler works on.

    `stopping` is set when the worker begins to stop, or the job's lease is lost: a long handler may
    look at it and stop early. `lease_end` is on `time.monotonic()`'s clock, None where the engine
    gave no lease (Kafka).
    """

    _stopping: threading.Event | None = None

    def __init__(
        self, job: Job, lease_end: float | None = None, stopping: threading.Event | None = None
    ) -> None:
        self.job = job
        self.lease_end = lease_end
        if stopping is not None:
            self._stopping = stopping

    @property
    def stopping(self) -> threading.Event:
        """Made when somebody first asks for it, whichever thread that is: most jobs never do."""
        made: threading.Event = self._stopping or vars(self).setdefault("_stopping", threading.Event())
        return made

    @property
    def lease_left_s(self) -> float | None:
        """Seconds until the engine hands the job out again; negative when it may have done so."""
        return None if self.lease_end is None else self.lease_end - monotonic()


_current: ContextVar[CurrentJob | None] = ContextVar("workflow_sdk_current_job", default=None)


def current_job() -> CurrentJob:
    """What the calling handler works on; a RuntimeError outside of handlers."""
    running = _current.get()
    if running is None:
        raise RuntimeError("current_job() was called outside of a handler")
    return running


def enter_job(running: CurrentJob | None) -> None:
    """Make `running` the current job of this thread or task (runners call it)."""
    _current.set(running)
