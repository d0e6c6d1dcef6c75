"""Of more reports in doubt than are looked at at once all have their turn."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.reporting.doubtful_reports import LOOKS_AT_ONCE, DoubtfulReports

OPEN_REPORTS, ENOUGH = LOOKS_AT_ONCE + 4, 4 * LOOKS_AT_ONCE


def test_every_report_in_doubt_has_its_turn() -> None:
    asked: list[str] = []
    enough = asyncio.Event()

    async def history(instance_id: str) -> list[dict[str, Any]]:
        asked.append(instance_id)
        if len(asked) >= ENOUGH:
            enough.set()
        return []

    async def status(instance_id: str) -> str:
        return "ACTIVE"

    def report_of(number: int) -> Any:
        claim = SimpleNamespace(
            instance_id=str(number), step_execution_id=f"step-{number}", holder=None, renewals=0, lease=None
        )
        report = Mock(claim=claim, tries=1, not_before=float("inf"), is_in_doubt=False)
        report.outcome = Mock(spec=Completed)
        return report

    async def look() -> None:
        seconds = count(1)
        doubts = DoubtfulReports(
            Mock(history=history, instance_status=status),
            watch=Mock(is_away=False),
            clock=lambda: float(next(seconds)),
            settle=Mock(),
            again=Mock(),
        )
        for number in range(OPEN_REPORTS):
            doubts.add(report_of(number))
        looking = asyncio.create_task(doubts.run())
        await asyncio.wait_for(enough.wait(), 10.0)
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    asyncio.run(look())
    assert set(asked) == {str(number) for number in range(OPEN_REPORTS)}
