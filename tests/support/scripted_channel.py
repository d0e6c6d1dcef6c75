"""Senders at work on a channel that follows a script, and what becomes of each report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry

from workflow_sdk.clock import boottime
from workflow_sdk.job import job_from_poll
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, JobHolder, Lease
from workflow_sdk.runner.job.outcome import NOTHING, Failed
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.reporting.senders import Senders


class Script:
    """A channel on which each report meets `trouble(job_id)`; counts tries and those under way at once."""

    url = "http://engine"
    is_polled = True
    # Whether completions begin at once, as where a connection rests.
    is_at_once = False

    def __init__(self) -> None:
        self.trouble: Callable[[str], Exception | None] = lambda _: None
        # What happens while a connection is made for a failure.
        self.dialled: Callable[[str], None] = lambda _: None
        self.tries: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most_under_way = 0
        self.twice_under_way: list[str] = []
        self.failures: list[tuple[str, str, bool]] = []
        self.step_status = "RUNNING"
        self.status = "ACTIVE"
        self.looks = 0
        self._begun: set[asyncio.Task[None]] = set()

    async def complete(self, job_id: str, variables: dict[str, Any], encoded: bytes) -> None:
        self.tries[job_id] += 1
        if self.under_way[job_id]:
            self.twice_under_way.append(job_id)
        self.under_way[job_id] += 1
        self.most_under_way = max(self.most_under_way, self.under_way.total())
        await asyncio.sleep(0)
        self.under_way[job_id] -= 1
        if error := self.trouble(job_id):
            raise error

    def begin_completion(
        self, job_id: str, encoded: bytes, done: Callable[[Callable[[], Awaitable[None]] | None], None]
    ) -> bool:
        if not self.is_at_once:
            return False

        async def begin() -> None:
            try:
                await self.complete(job_id, {}, encoded)
            except Exception as error:
                done(partial(_fail, error))
            else:
                done(None)

        self._begun.add(asyncio.create_task(begin()))
        return True

    async def history(self, instance_id: str) -> list[dict[str, Any]]:
        self.looks += 1
        return [{"id": f"step of {instance_id}", "status": self.step_status}]

    async def instance_status(self, instance_id: str) -> str:
        return self.status

    async def fail(
        self, job_id: str, message: str, retryable: bool, *, before_write: Callable[[], None]
    ) -> None:
        self.dialled(job_id)
        before_write()
        self.failures.append((job_id, message, retryable))
        await self.complete(job_id, {}, b"")


async def _fail(error: Exception) -> None:
    raise error


class Desk:
    """Senders at work on a script, and what became of each report."""

    def __init__(self, script: Script) -> None:
        self.settled: dict[str, Settlement] = {}
        self.changed = asyncio.Event()
        self.watch = EngineWatch(script.url)
        self.senders = Senders(
            script,  # type: ignore[arg-type]
            watch=self.watch,
            settled=self._settled,
            metrics=Metrics(registry=CollectorRegistry()),
            dispatch="polling",
        )
        self.task = asyncio.create_task(self.senders.run())

    def _settled(self, report: Report, settlement: Settlement) -> None:
        self.settled[report.claim.job_id] = settlement
        self.changed.set()

    def put(
        self,
        job_id: str,
        *,
        fails: bool = False,
        lease_end: float | None = None,
        retries: int = 0,
        holder: JobHolder | None = None,
    ) -> Report:
        lease = None if lease_end is None else Lease(30.0, lease_end)
        item = {"id": job_id, "jobType": "t", "instanceId": job_id, "stepExecutionId": f"step of {job_id}"}
        job = job_from_poll(item | {"retriesRemaining": retries})
        claim = Claim(job, lease=lease, holder=holder)
        outcome = Failed("no", retryable=True) if fails else NOTHING
        report = Report(claim, outcome, created=boottime())
        self.senders.put(report)
        return report

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.005)


def played(play: Callable[[Script, Desk], Any]) -> Script:
    """The script with its counts, after a play with a desk of its own."""
    script = Script()

    async def main() -> None:
        desk = Desk(script)
        try:
            await play(script, desk)
        finally:
            desk.task.cancel()

    asyncio.run(main())
    return script
