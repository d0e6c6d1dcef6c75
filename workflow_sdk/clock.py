"""The clock that everything of a runner reads, passed in from its plan: seconds, rising, from no set moment.

It goes on while the machine is suspended: an engine's lease does, too. `time.monotonic` stands still then on
Linux. Public times (`current_job().lease_end`) are on that one all the same, as documented.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

Clock = Callable[[], float]

# macOS: its CLOCK_MONOTONIC counts the machine's sleep, which Python's time.monotonic there does not.
_CLOCK_ID: int | None = getattr(
    time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None) if sys.platform == "darwin" else None
)


# Seconds since the machine was started, suspended ones included where the system can tell. Read several times a job.
boottime: Clock = time.monotonic if _CLOCK_ID is None else partial(time.clock_gettime, _CLOCK_ID)
