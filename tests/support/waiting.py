"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

PAUSE_S = 0.01


def wait_until(holds: Callable[[], object], what: str, *, timeout_s: float = 60.0) -> None:
    """Wait until `holds()` is true; the test fails, naming `what`, when it is not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {what}")
        time.sleep(PAUSE_S)
