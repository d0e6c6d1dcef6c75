"""How many jobs one poll may ask for, by how long their answers take: a time-out loses all of them to their leases."""

from __future__ import annotations

from workflow_sdk.errors import EngineTimeoutError

# An answer of this length is as long as it should be.
GOOD_S = 5.0
QUICK_S = 1.0


class BatchSize:
    """Pure. `most` is the number of slots until answers take long."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self.most = slots

    def answered(self, *, got: int, took_s: float) -> None:
        """Fewer after a slow answer, in proportion; twice as many after a quick one that was full."""
        if took_s > GOOD_S and got > 1:
            self.most = max(int(got * GOOD_S / took_s), 1)
        elif took_s < QUICK_S and got >= self.most:
            self.most = min(self.most * 2, self._slots)

    def not_answered(self, error: Exception, *, asked_for: int) -> None:
        """Half as many after a time-out: the answer may be too long for it."""
        if isinstance(error, EngineTimeoutError) and error.was_sent:
            self.most = max(min(asked_for, self.most) // 2, 1)
