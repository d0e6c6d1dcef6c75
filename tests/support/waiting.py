"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

# Looking costs: who has waited long looks less often.
PAUSE_S, LONGEST_PAUSE_S, PAUSE_PER_S = 0.01, 0.1, 0.04


def wait_until(holds: Callable[[], object], what: str, *, timeout_s: float = 60.0) -> None:
    """Wait until `holds()` is true; the test fails, naming `what`, when it is not in time."""
    began = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {what}")
        time.sleep(min(max(PAUSE_S, waited_s * PAUSE_PER_S), LONGEST_PAUSE_S))
