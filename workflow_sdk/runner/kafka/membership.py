"""Membership: whether a consumer may still take itself for a member of its group.

A process that stood still (SIGSTOP, a suspended machine) finds its partitions assigned as it left them, until
the first heartbeat is answered; by then others may have done its jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_sdk.clock import Clock, boottime

# After standing still: so many heartbeats must have had their time to be answered.
HEARTBEATS = 3


class Membership:
    """The consumer's thread calls `beat`, any thread may ask."""

    def __init__(self, config: Mapping[str, Any], *, clock: Clock = boottime) -> None:
        self.session_s = float(config.get("session.timeout.ms", 45_000)) / 1000
        heartbeat_s = float(config.get("heartbeat.interval.ms", 3_000)) / 1000
        # The broker counts from the last heartbeat that reached it.
        self._allowed_s = max(self.session_s - 1.5 * heartbeat_s, self.session_s / 2)
        self._confirmed_after_s = HEARTBEATS * heartbeat_s
        self._clock = clock
        self._sure_from = 0.0
        self.last_beat = clock()

    def beat(self) -> float:
        """Note that the thread is alive; the seconds since it was last."""
        now = self._clock()
        since_s = now - self.last_beat
        if since_s > self._allowed_s:
            self._sure_from = now + self._confirmed_after_s
        self.last_beat = now
        return since_s

    @property
    def is_sure(self) -> bool:
        """Whether nothing speaks against being a member."""
        now = self._clock()
        return now - self.last_beat <= self._allowed_s and now >= self._sure_from
