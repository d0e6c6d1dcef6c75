"""When a lease is extended: at half of it, or after the interval that a program asks for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.job.claim import Lease
from workflow_sdk.runner.job.in_flight import Phase
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper


class Extensions:
    """A channel that notes for how long it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def extend(self, job_id: str, lease_seconds: int) -> None:
        self.asked.append(lease_seconds)


@pytest.mark.parametrize(
    ("interval_s", "lease_seconds", "due_at", "asked"),
    [(None, 0, 30.0, 60), (20.0, 0, 20.0, 60), (None, 90, 30.0, 90)],
    ids=["half", "interval", "length"],
)
def test_a_lease_is_extended_at_half_of_it_or_after_the_interval(
    interval_s: float | None, lease_seconds: int, due_at: float, asked: int
) -> None:
    claimed_at, length_s = 1_000.0, 60.0
    now = claimed_at
    channel: Any = Extensions()
    claim = SimpleNamespace(job_id="j", renewals=0, lease=Lease(length_s, claimed_at + length_s))
    item: Any = SimpleNamespace(
        claim=claim, extending=False, extend_at=0.0, phase=Phase.RUNNING, show_lease=lambda now: None
    )

    async def looked() -> list[int]:
        nonlocal now
        keeper = LeaseKeeper(
            channel,
            metrics=Metrics(registry=CollectorRegistry()),
            wanted=None,
            interval_s=interval_s,
            lease_seconds=lease_seconds,
            is_away=lambda: False,
            unsupported=lambda error: None,
            clock=lambda: now,
        )
        counts = []
        # The second time counts from the first extension, whose lease may be of another length.
        for due in (due_at, due_at + (interval_s or asked / 2)):
            for now in (claimed_at + due - 0.1, claimed_at + due):
                keeper.look([item], now)
                await asyncio.sleep(0)
                counts.append(len(channel.asked))
        await keeper.close()
        return counts

    assert asyncio.run(looked()) == [0, 1, 1, 2]
    assert channel.asked == [asked, asked]
