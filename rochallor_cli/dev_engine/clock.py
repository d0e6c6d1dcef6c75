"""What time it is. The engine never asks the system itself, so a test can hold the clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Nanoseconds since 1970 in UTC."""

    def now_ns(self) -> int: ...


class SystemClock:
    def now_ns(self) -> int:
        return time.time_ns()


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start_ns: int = 1_767_225_600_000_000_000) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def move_to(self, time_ns: int) -> None:
        """Set the clock; it never goes back."""
        self._now_ns = max(self._now_ns, time_ns)


class AheadClock(SystemClock):
    """The system's time, and ahead of it by all that it was moved."""

    def __init__(self) -> None:
        self._ahead_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self._ahead_ns

    def move_to(self, time_ns: int) -> None:
        self._ahead_ns += max(0, time_ns - self.now_ns())
