"""How long a failure is held back before it is reported: the engine would offer the job again at once."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable

from workflow_sdk.handler.handler import Handler
from workflow_sdk.retry.backoff import delay

log = logging.getLogger("workflow_sdk.runner")


class FailureCounts:
    """How often each job has failed here lately: the attempt number for retry delays."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._counts: OrderedDict[str, int] = OrderedDict()

    def failed(self, job_id: str) -> int:
        """The number of its failures, with one more counted."""
        count = self._counts.pop(job_id, 0) + 1
        self._counts[job_id] = count
        if len(self._counts) > self._limit:
            self._counts.popitem(last=False)
        return count


def retry_delay_s(handler: Handler, attempt: int) -> float:
    """Seconds that the handler's `retry_delay` asks for after so many failures; 0 without one."""
    wanted = handler.retry_delay
    if wanted is None:
        return 0.0
    if callable(wanted):
        return _asked_for(wanted, attempt, handler)
    return delay(attempt) if wanted == "backoff" else float(wanted)


def _asked_for(retry_delay: Callable[[int], float], attempt: int, handler: Handler) -> float:
    try:
        return float(retry_delay(attempt))
    except BaseException:  # whatever a function of the user's does, it must not end the runner
        log.exception(
            "the retry_delay of job type %s failed; the failure is reported at once", handler.job_type
        )
        return 0.0
