"""Which dispatches are done already: the same record may be published hundreds of times.

An id is remembered only once the engine has acknowledged the job's outcome. One that is running is nobody's
business here: its copies wait behind it, and find it remembered or gone.
"""

from __future__ import annotations

from collections import OrderedDict

from workflow_sdk.clock import Clock, boottime

DEFAULT_WINDOW_S = 600.0
# About 13 MB when full; at 1,000 jobs a second it still spans some 50 seconds.
CAPACITY = 50_000


class AcknowledgedIds:
    """The dedup ids acknowledged within the last `window_s` seconds, the newest `capacity` of them.

    Not thread-safe: the runner's loop owns it. It outlives every assignment of partitions.
    """

    def __init__(
        self,
        window_s: float = DEFAULT_WINDOW_S,
        *,
        capacity: int = CAPACITY,
        clock: Clock = boottime,
    ) -> None:
        self._window_s = window_s
        self._capacity = capacity
        self._clock = clock
        self._expiry_s: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, dedup_id: str) -> bool:
        expiry_s = self._expiry_s.get(dedup_id)
        return expiry_s is not None and self._clock() < expiry_s

    def __len__(self) -> int:
        return len(self._expiry_s)

    def add(self, dedup_id: str) -> None:
        """Remember an id from now on for the window's length."""
        now = self._clock()
        self._forget_expired(now)
        if dedup_id in self._expiry_s:
            self._expiry_s.move_to_end(dedup_id)
        self._expiry_s[dedup_id] = now + self._window_s
        if len(self._expiry_s) > self._capacity:
            self._expiry_s.popitem(last=False)

    def _forget_expired(self, now: float) -> None:
        """Drop from the oldest on: ids stand in the order of their expiry, since all live equally long."""
        while self._expiry_s:
            oldest = next(iter(self._expiry_s))
            if self._expiry_s[oldest] > now:
                return
            del self._expiry_s[oldest]
