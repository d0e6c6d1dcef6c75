"""When a lease is extended: at half of it, or after the interval that a program asks for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from workflow_sdk.job import job_from_poll
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, Lease
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


@pytest.mark.parametrize(
    ("fails", "took_s", "may_begin", "end"),
    [
        (False, 20.0, True, 1_060.0),
        (True, 59.0, True, 1_060.0),
        (True, 60.0, False, 1_060.0),
    ],
    ids=["accepted", "no answer within the lease", "no answer in time"],
)
def test_a_first_job_whose_lease_ends_before_the_engine_has_answered_does_not_begin(
    fails: bool, took_s: float, may_begin: bool, end: float
) -> None:
    """It may be another's by then, or have come here again and be done. What was accepted counts from the question."""
    now = 1_000.0
    claim: Any = Claim(job_from_poll({"id": "j", "jobType": "t"}), lease=Lease(60.0, now + 60.0))

    async def extend(job_id: str, lease_seconds: int) -> None:
        nonlocal now
        now += took_s
        if fails:
            raise TimeoutError

    keeper = LeaseKeeper(
        SimpleNamespace(extend=extend),  # type: ignore[arg-type]
        metrics=Metrics(registry=CollectorRegistry()),
        wanted=True,
        interval_s=None,
        lease_seconds=0,
        is_away=lambda: False,
        unsupported=lambda error: None,
        clock=lambda: now,
    )
    assert asyncio.run(keeper.confirm(claim)) is may_begin
    assert claim.lease.end == end
