"""When a host that was started until idle has done what there was to do, or never will."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rochallor_cli.hosting.health.status import WorkerStatus


class Idleness:
    """Whether nothing has come for a while: no job running, none started, no result waiting."""

    def __init__(self, needed_s: float) -> None:
        self._needed_s = needed_s
        self._since: float | None = None
        self._jobs_settled = -1

    def lasts(self, statuses: Sequence[WorkerStatus]) -> bool:
        """To be asked regularly; True once all workers have been idle for long enough."""
        jobs_settled = sum(status.jobs_settled for status in statuses)
        is_idle = bool(statuses) and all(
            status.is_idle and (status.is_ready or status.is_surplus) for status in statuses
        )
        if not is_idle or jobs_settled != self._jobs_settled:
            self._since, self._jobs_settled = None, jobs_settled
            return False
        self._since = self._since or time.monotonic()
        return time.monotonic() - self._since >= self._needed_s


class Unavailability:
    """Whether the host could not work for a while: the engine away, or refusing, or the brokers away."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._since: float | None = None

    def too_long(self, statuses: Sequence[WorkerStatus]) -> str:
        """To be asked regularly; what keeps a worker from working, once something has for too long.

        A worker that merely starts has no reason yet: handlers may take their time to be imported.
        """
        reasons = [status.reason for status in statuses if status.reason]
        if not reasons:
            self._since = None
            return ""
        self._since = self._since or time.monotonic()
        return reasons[0] if time.monotonic() - self._since >= self._longest_s else ""
