"""How long to wait before trying again: doubling from 0.1 s to 30 s, a fifth up or down."""

from __future__ import annotations

import random

BASE_DELAY = 0.1
FACTOR = 2.0
JITTER_FRAC = 0.2
MAX_DELAY = 30.0

# 2.0 ** 1024 overflows; the cap is reached long before.
_LARGEST_EXPONENT = 60


def delay(attempt: int) -> float:
    """Seconds to wait after attempt number `attempt` (the first is 1), never more than MAX_DELAY."""
    exponent = min(max(attempt - 1, 0), _LARGEST_EXPONENT)
    jitter = 1 + JITTER_FRAC * random.uniform(-1, 1)  # noqa: S311 - spreads load, guards nothing
    return min(min(BASE_DELAY * FACTOR**exponent, MAX_DELAY) * jitter, MAX_DELAY)
