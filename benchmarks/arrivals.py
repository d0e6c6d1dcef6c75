"""Open-loop load: instances are started at random moments, whether or not earlier ones are done."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Iterator

from benchmarks.engines import Engine

STARTERS = 8
BODY = {"applicantId": "A-001", "n": 1}


def poisson_moments(rate_per_s: float, duration_s: float, seed: int) -> Iterator[float]:
    """Seconds from the beginning at which something arrives, ``rate_per_s`` a second on average."""
    source = random.Random(seed)
    moment = source.expovariate(rate_per_s)
    while moment < duration_s:
        yield moment
        moment += source.expovariate(rate_per_s)


def start_at_random(
    engine: Engine, definition_id: str, *, rate_per_s: float, duration_s: float, seed: int
) -> int:
    """Start instances with Poisson arrivals and return how many; the same seed gives the same moments."""
    due: queue.SimpleQueue[bool] = queue.SimpleQueue()
    starters = [
        threading.Thread(target=_start_when_due, args=(engine, definition_id, due), daemon=True)
        for _ in range(STARTERS)
    ]
    for each in starters:
        each.start()
    begun_s, count = time.monotonic(), 0
    for moment in poisson_moments(rate_per_s, duration_s, seed):
        time.sleep(max(0.0, begun_s + moment - time.monotonic()))
        due.put(True)
        count += 1
    for _ in starters:
        due.put(False)
    for each in starters:
        each.join()
    return count


def _start_when_due(engine: Engine, definition_id: str, due: queue.SimpleQueue[bool]) -> None:
    with engine.wire() as wire:
        while due.get():
            wire.call("POST", "/v1/instances", {"definitionId": definition_id, "variables": BODY})
