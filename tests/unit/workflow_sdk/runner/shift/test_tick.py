"""Tick: what it does without a job in flight."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry

from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.shift.tick import Tick
from workflow_sdk.runner.statistics import Statistics


def test_what_has_happened_is_dated_by_a_tick_not_by_whoever_looks_first() -> None:
    now = [100.0]
    metrics = Metrics(registry=CollectorRegistry())
    statistics = Statistics(metrics, clock=lambda: now[0])
    nothing: Any = SimpleNamespace(
        in_flight={}, slots=SimpleNamespace(total=1, in_use=0), unsettled=set[Any]()
    )

    async def tick() -> None:
        one = Tick(
            nothing,
            lease_keeper=nothing,
            coroutines=nothing,
            senders=nothing,
            statistics=statistics,
            metrics=metrics,
            dispatch="polling",
            clock=lambda: now[0],
        )
        one.begin()
        one.end()

    statistics.claimed("work")
    now[0] = 101.0
    asyncio.run(tick())
    now[0] = 3_700.0
    assert statistics.last_activity == 101.0
