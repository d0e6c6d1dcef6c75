"""Execution: what happens to one job, from handler to acknowledged report.

Both runners use it. A source brings claims to `start`, and is told of each when it is done with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from workflow_sdk.handler.handler import Handler
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob
from workflow_sdk.runner.handlers.failure_log import log_failure
from workflow_sdk.runner.handlers.supervision import supervision
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import LEFT, InFlight, Phase
from workflow_sdk.runner.job.kept_outcomes import KeptOutcomes
from workflow_sdk.runner.job.outcome import Completed, Failed, Outcome, no_handler
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.shift.plan import JobSource
from workflow_sdk.runner.shift.retry_delay import FailureCounts, retry_delay_s
from workflow_sdk.runner.statistics import Statistics

log = logging.getLogger("workflow_sdk.runner")

# A held failure must be reported while the lease lasts, with this much to spare.
LEASE_MARGIN_S = 5.0
# How soon a job that was given back runs again at the earliest.
SOON_S = 1.0


class Reporter(Protocol):
    """Takes reports; answers each once through Execution.settled."""

    def put(self, report: Report) -> None: ...


class Workshop(Protocol):
    """Where handlers run; brings each item back through Execution.finished."""

    def submit(self, item: InFlight) -> None: ...


@dataclass(slots=True)
class _Held:
    """A job that waits without a slot: what is done at the end of the wait, and the timer's cancel."""

    release: Callable[[], None]
    cancel: Callable[[], None]


class Execution:
    """Lives on the runner's loop; `call_later(seconds, function)` is the loop's clock.

    `connect` names those who know it in their turn: who reports, where handlers run, who brings claims.
    """

    def __init__(
        self,
        *,
        registry: HandlerRegistry,
        slots: Slots,
        statistics: Statistics,
        call_later: Callable[[float, Callable[[], None]], Callable[[], None]],
        reports_without_slot: int = 0,
    ) -> None:
        self._registry = registry
        self._statistics = statistics
        self._call_later = call_later
        self._reports_without_slot = reports_without_slot
        self._without_slot = 0
        self._kept = KeptOutcomes()
        self._failures = FailureCounts()
        self._held: dict[str, _Held] = {}
        self._is_draining = False
        self._settled_one = asyncio.Event()
        self._reporter: Reporter
        self._threads: Workshop
        self._coroutines: Workshop
        self._source: JobSource
        self.slots = slots
        self.in_flight: dict[str, InFlight] = {}

    def connect(
        self, *, reporter: Reporter, threads: Workshop, coroutines: Workshop, source: JobSource
    ) -> None:
        """Called once, before the first claim."""
        self._reporter, self._threads, self._coroutines = reporter, threads, coroutines
        self._source = source

    @property
    def is_idle(self) -> bool:
        return not self.in_flight

    async def wait_until_idle(self) -> None:
        """Wait for the last job in flight."""
        while self.in_flight:
            self._settled_one.clear()
            await self._settled_one.wait()

    def start(self, claim: Claim) -> None:
        """Run the job's handler, or recognise a job that needs none."""
        here = self.in_flight.get(claim.job_id)
        if here is not None:
            self._came_again(here, claim)
            return
        self._statistics.claimed(claim.job_type)
        handler = self._registry.find(claim.job_type)
        item = self._take_in(claim, handler or _ABSENT)
        outcome = self._kept.take(claim)
        if outcome is not None:
            self._report(item, outcome)
        elif handler is None:
            log.error("job %s: no handler for job type %s", claim.job_id, claim.job_type)
            self._report(item, no_handler(claim.job_type))
        elif (watched := supervision()) is not None and watched.is_suspect(claim.job_id):
            watched.run_alone(item, self.finished)
        elif handler.is_async:
            self._coroutines.submit(item)
        else:
            self._threads.submit(item)

    def finished(self, item: InFlight) -> None:
        """A handler is done."""
        if item.outcome is None:
            if item.awaitable is not None:
                self._coroutines.submit(item)
            elif item.released_s is not None:
                self._release_job(item, item.released_s)
            return
        self._statistics.ran(item.claim.job_type, item.ran_s())
        if isinstance(item.outcome, Failed):
            item.attempt = self._failures.failed(item.claim.job_id)
            log_failure(item, item.outcome, attempt=item.attempt)
        self._report(item, item.outcome)

    def settled(self, report: Report, settlement: Settlement) -> None:
        """The reporter is done with a report."""
        item = self.in_flight[report.claim.job_id]
        if settlement is Settlement.ACKNOWLEDGED:
            self._statistics.settled(item.claim, report.outcome)
        else:
            self._kept.keep(item.claim, report.outcome)
        self._settle(item, settlement)

    def _settle(self, item: InFlight, settlement: Settlement) -> None:
        """Be done with a job, reported or not."""
        del self.in_flight[item.claim.job_id]
        self._without_slot -= item.waits_without_slot
        if item.holds_slot:
            self.slots.give_back(item.claim.job_type)
        for claim in item.claims:
            self._source.settled(claim, settlement)
        self._settled_one.set()
        if item.next_attempt is not None:
            self.start(item.next_attempt)

    def drain(self) -> None:
        """Tell handlers that the end is near, and report held failures now."""
        self._is_draining = True
        for item in self.in_flight.values():
            item.current.stopping.set()
        for held in list(self._held.values()):
            held.cancel()
            held.release()

    def _take_in(self, claim: Claim, handler: Handler) -> InFlight:
        current = CurrentJob(claim.job, claim.lease.end if claim.lease else None)
        if self._is_draining:
            current.stopping.set()
        item = InFlight(claim, handler, current, monotonic())
        self.in_flight[claim.job_id] = item
        self.slots.take(claim.job_type)
        return item

    def _came_again(self, here: InFlight, claim: Claim) -> None:
        """The engine handed out a job that is in flight here: its lease ran out, or its failure arrived."""
        failed = isinstance(here.outcome, Failed)
        if failed and claim.retries_remaining != here.claim.retries_remaining:
            here.next_attempt = claim
            return
        log.info(
            "%s job %s came again while it runs here: its lease is renewed", claim.job_type, claim.job_id
        )
        here.claim.lease = claim.lease
        here.current.lease_end = claim.lease.end if claim.lease else None
        here.warned_of_overrun = here.extending = False
        here.duplicates.append(claim)

    def _report(self, item: InFlight, outcome: Outcome) -> None:
        item.outcome = outcome
        item.phase = Phase.REPORTING
        report = Report(item.claim, outcome, created=monotonic())
        wait_s = 0.0 if isinstance(outcome, Completed) else self._hold_s(item, outcome)
        if wait_s > 0:
            self._hold(item, wait_s, lambda: self._release(report))
        else:
            self._reporter.put(report)
            self._leave_slot(item)

    def _leave_slot(self, item: InFlight) -> None:
        """Let the next handler run while this job's report is under way; so many reports may be."""
        if self._without_slot < self._reports_without_slot:
            self._without_slot += 1
            item.waits_without_slot = True
            self._free_slot(item)

    def _free_slot(self, item: InFlight) -> None:
        item.holds_slot = False
        self.slots.give_back(item.claim.job_type)
        self._source.slot_freed()

    def _hold_s(self, item: InFlight, outcome: Failed) -> float:
        """Seconds to hold a failure back, within the lease."""
        is_last = not outcome.retryable or item.claim.retries_remaining <= 0
        if item.handler.retry_delay is None or is_last or self._is_draining:
            return 0.0
        seconds = retry_delay_s(item.handler, item.attempt)
        lease = item.claim.lease
        return seconds if lease is None else min(seconds, lease.end - LEASE_MARGIN_S - monotonic())

    def _hold(self, item: InFlight, wait_s: float, release: Callable[[], None]) -> None:
        item.phase = Phase.HELD
        self._held[item.claim.job_id] = _Held(release, self._call_later(wait_s, release))
        if item.holds_slot:
            self._free_slot(item)

    def _release_job(self, item: InFlight, delay_s: float) -> None:
        """Its handler gave it back: leave it, or run it again after a while; nothing is reported."""
        self._statistics.released(item.claim.job_type)
        log.info("%s job %s was given back by its handler", item.claim.job_type, item.claim.job_id)
        if delay_s == LEFT or self._is_draining or (delay_s == 0 and item.claim.lease is not None):
            self._settle(item, Settlement.LEFT)
        else:
            self._hold(item, max(delay_s, SOON_S), lambda: self._run_again(item))

    def _run_again(self, item: InFlight) -> None:
        del self._held[item.claim.job_id]
        claim = item.claim
        if self._is_draining or (claim.lease is not None and claim.lease.end <= monotonic()):
            self._settle(item, Settlement.LEFT)
        elif not self.slots.has_room(claim.job_type):
            self._hold(item, SOON_S, lambda: self._run_again(item))
        else:
            self.slots.take(claim.job_type)
            item.phase, item.holds_slot = Phase.RUNNING, True
            item.began = item.ended = 0.0
            item.released_s = item.awaitable = item.task = None
            (self._coroutines if item.handler.is_async else self._threads).submit(item)

    def _release(self, report: Report) -> None:
        del self._held[report.claim.job_id]
        self.in_flight[report.claim.job_id].phase = Phase.REPORTING
        self._reporter.put(report)


# In the entry of a job whose type nobody handles; never called.
_ABSENT = Handler(dict, "", is_async=False, name="no handler", file="", line=0)
