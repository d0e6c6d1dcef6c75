"""Execution: what happens to one job, from handler to acknowledged report.

Both runners use it. A source brings claims to `start`, and is told of each when it is done with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from workflow_sdk.clock import Clock
from workflow_sdk.handler.handler import Handler
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob
from workflow_sdk.runner.handlers.failure_log import log_failure, only_failing
from workflow_sdk.runner.handlers.supervision import supervision
from workflow_sdk.runner.job.claim import Claim, ClaimRight
from workflow_sdk.runner.job.in_flight import LEFT, SOON_S, Held, InFlight, Phase
from workflow_sdk.runner.job.kept_outcomes import KeptOutcomes
from workflow_sdk.runner.job.outcome import Completed, Failed, Outcome, no_handler
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.shift.plan import HandlerExecutor, JobSource, Reporter
from workflow_sdk.runner.shift.retry_delay import FailureCounts, retry_delay_s
from workflow_sdk.runner.statistics import Statistics

log = logging.getLogger("workflow_sdk.runner")

# A held failure must be reported while the lease lasts, with this much to spare.
HELD_MARGIN_S = 5.0
# So many jobs whose results the engine will not take may wait without a slot; the next ones keep theirs.
MAX_TROUBLED = 1_000


class Execution:
    """Lives on the runner's loop; `call_later(seconds, function)` is the loop's clock.

    `begin_with` names those who know it in their turn: who reports, where handlers run, who brings claims.
    """

    def __init__(
        self,
        *,
        registry: HandlerRegistry,
        slots: Slots,
        statistics: Statistics,
        call_later: Callable[[float, Callable[[], None]], Callable[[], None]],
        clock: Clock,
        reports_without_slot: int = 0,
    ) -> None:
        self._registry = registry
        self._statistics = statistics
        self._call_later = call_later
        self._clock = clock
        self._reports_without_slot = reports_without_slot
        self._without_slot = 0
        self._troubled = 0
        self._kept = KeptOutcomes()
        self._failures = FailureCounts()
        self._held: dict[str, Held] = {}
        # Those of them that wait for a slot alone.
        self._without_room: dict[str, InFlight] = {}
        self._is_draining = False
        self._settled_one = asyncio.Event()
        self._reporter: Reporter
        self._threads: HandlerExecutor
        self._coroutines: HandlerExecutor
        self._source: JobSource
        self.slots = slots
        self.in_flight: dict[str, InFlight] = {}

    def begin_with(
        self, *, reporter: Reporter, threads: HandlerExecutor, coroutines: HandlerExecutor, source: JobSource
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
        here = self.in_flight.get(claim.key)
        if here is not None:
            self._came_again(here, claim)
            return
        item = self._take_in(claim)
        self._take_slot(claim.job_type)
        self._begin(item)

    def _begin(self, item: InFlight) -> None:
        """Call its handler, or report what is known without."""
        claim, kept = item.claim, self._kept.take(item.claim)
        if kept is not None:
            self._report(item, kept.outcome, was_refused=kept.was_refused)
        elif item.handler is _ABSENT:
            log.error("job %s: no handler for job type %s", claim.job_id, claim.job_type)
            self._report(item, no_handler(claim.job_type))
        elif (watched := supervision()) is not None and watched.is_suspect(claim.key):
            watched.run_alone(item, self.finished)
        else:
            self._executor(item).submit(item)

    def next_came(self, key: str, retries_remaining: int) -> None:
        """A job waits for its turn. As a later attempt it shows that the failure of the one in flight arrived."""
        here = self.in_flight.get(key)
        if here is None:
            return
        if here.report is None:
            here.is_overtaken = here.is_overtaken or retries_remaining < here.claim.retries_remaining
        elif here.is_followed_by(retries_remaining):
            self._prove(here, here.report)
        elif retries_remaining < here.claim.retries_remaining:
            here.report.is_overtaken = True

    def finished(self, item: InFlight) -> None:
        """A handler is done."""
        if item.released_s is not None:
            self._release_job(item, item.released_s)
            return
        if item.unheard is not None and self._goes_to_hooks(item, item.unheard):
            return
        if item.outcome is None:
            if item.awaitable is not None:
                self._coroutines.submit(item)
            return
        self._statistics.ran(item.claim.job_type, item.ran_s())
        if isinstance(item.outcome, Failed):
            item.attempt = self._failures.failed(item.claim.key)
            log_failure(item, item.outcome, attempt=item.attempt)
        self._report(item, item.outcome)

    def _goes_to_hooks(self, item: InFlight, failure: Failed) -> bool:
        """Let the hooks hear of a failure from where they could not; False once they have, or where there are none."""
        if item.outcome is None and item.handler.hooks.on_failure:
            item.handler = only_failing(item.handler, failure)
            item.began = item.ended = 0.0
            self._executor(item).submit(item)
            return True
        item.outcome, item.error, item.unheard = failure, None, None
        return False

    def _executor(self, item: InFlight) -> HandlerExecutor:
        return self._coroutines if item.handler.is_async else self._threads

    def settled(self, report: Report, settlement: Settlement) -> None:
        """The reporter is done with a report."""
        item = self.in_flight[report.claim.key]
        self._statistics.settled(item.claim, report.outcome, settlement)
        if settlement in (Settlement.REFUSED, Settlement.LEFT):
            was_refused = settlement is Settlement.REFUSED
            self._kept.keep(item.claim, report.outcome, was_refused=was_refused)
        elif settlement is Settlement.ENDED:
            log.info(
                "job %s: %s; its outcome counts for nothing", item.claim.job_id, _why_ended(item, report)
            )
            if report.is_completion and item.claim.lease is not None:
                # Some engines hand out jobs of ended instances again; their handlers need not be called for it.
                self._kept.keep(item.claim, report.outcome)
        self._settle(item, settlement)

    def _settle(self, item: InFlight, settlement: Settlement) -> None:
        """Be done with a job, reported or not."""
        del self.in_flight[item.claim.key]
        self._without_slot -= item.waits_without_slot
        self._troubled -= item.is_troubled
        if item.holds_slot:
            self._give_back(item)
        for claim in item.claims:
            self._source.settled(claim, settlement)
        self._settled_one.set()
        if item.next_attempt is not None:
            self._follow_with(item.next_attempt)

    def _follow_with(self, claim: Claim) -> None:
        """Start the attempt that came while the one before it was in flight, if that may still be done."""
        if self._is_draining or claim.right_to_begin(self._clock()) is ClaimRight.LOST:
            self._source.settled(claim, Settlement.LEFT)
        elif self.slots.has_room(claim.job_type):
            self.start(claim)
        else:
            self._wait_for_room(self._take_in(claim))

    def at_most(self, threads: int | None) -> None:
        """So many jobs may run while the system gives no more threads; what is claimed beyond waits in its lease."""
        before, self.slots.most = self.slots.most, threads
        if threads is None or (before is not None and threads > before):
            self._source.slot_freed()

    def no_async(self, is_short: bool) -> None:
        """Whether jobs of async handlers are to stay with the engine, since there is no thread for their loop."""
        handlers = self._registry.handlers().values()
        types = [handler.job_type for handler in handlers if handler.is_async]
        self.slots.closed = frozenset(types if is_short else ())
        if not is_short:
            self._source.slot_freed()

    def in_trouble(self, report: Report, by_engine: bool) -> None:
        """A report will take long: its job leaves its slot. Behind a gateway that takes none, only so many may."""
        item = self.in_flight.get(report.claim.key)
        limit = MAX_TROUBLED if by_engine else self.slots.total
        if item is not None and not item.is_troubled and self._troubled < limit:
            self._troubled += 1
            item.is_troubled = True
            if item.holds_slot:
                self._free_slot(item)

    def drain(self) -> None:
        """Tell handlers that the end is near, and report held failures now."""
        self._is_draining = True
        for item in self.in_flight.values():
            item.current.stopping.set()
        for held in list(self._held.values()):
            held.end()

    def hold_nothing_that_leaves(self) -> None:
        """A partition that goes waits for failures, which it lets be sent so far, and for jobs that were given back."""
        for key, held in list(self._held.items()):
            holder = self.in_flight[key].claim.holder
            if holder is not None and holder.is_leaving:
                held.end()

    def _take_in(self, claim: Claim) -> InFlight:
        self._statistics.claimed(claim.job_type)
        handler = self._registry.find(claim.job_type) or _ABSENT
        current = CurrentJob(claim.job)
        if self._is_draining:
            current.stopping.set()
        now = self._clock()
        item = InFlight(claim, handler, current, clock=self._clock)
        item.show_lease(now)
        self.in_flight[claim.key] = item
        return item

    def _take_slot(self, job_type: str) -> None:
        self.slots.take(job_type)
        wait_s = self.slots.next_start_s(job_type)
        if wait_s is not None:
            # Nothing else may happen until the rate allows the next one.
            self._call_later(wait_s, self._source.slot_freed)

    def _came_again(self, here: InFlight, claim: Claim) -> None:
        """The engine handed out a job that is in flight here: its lease ran out, or its failure arrived."""
        if here.is_followed_by(claim.retries_remaining) and here.report is not None:
            here.expect(claim)
            self._prove(here, here.report)
            return
        if here.report is None and claim.retries_remaining < here.claim.retries_remaining:
            log.warning(
                "%s job %s came as its next attempt while one runs here, which somebody else has failed: "
                "its result counts, its failure does not",
                claim.job_type,
                claim.job_id,
            )
            here.is_overtaken = True
            here.expect(claim)
        else:
            doing = "it runs here" if here.report is None else "its result waits here"
            log.info(
                "%s job %s came again while %s: its lease is renewed", claim.job_type, claim.job_id, doing
            )
            here.duplicates += (claim,)
        here.claim.renew(claim)
        here.show_lease(self._clock())
        here.warned_of_overrun = here.extending = False
        if here.report is not None:
            self._reporter.renewed(here.report)

    def _prove(self, here: InFlight, report: Report) -> None:
        held = self._held.pop(here.claim.key, None)
        if held is None:
            self._reporter.proved(report)
            return
        # Not even sent: the attempt was failed by somebody else.
        held.cancel()
        report.proved = True
        self.settled(report, Settlement.ENDED)

    def _report(self, item: InFlight, outcome: Outcome, *, was_refused: bool = False) -> None:
        item.outcome = outcome
        item.phase = Phase.REPORTING
        report = Report(item.claim, outcome, created=self._clock(), was_refused=was_refused)
        item.report = report
        report.is_overtaken = item.is_overtaken
        if item.is_overtaken and isinstance(outcome, Failed):
            # This attempt was failed before, by another worker: a second failure would cost the next one.
            if item.next_attempt is not None:
                item.next_attempt.renew(item.claim)
            self.settled(report, Settlement.ENDED)
            return
        item.stand_for_next()
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
        self._give_back(item)
        self._source.slot_freed()

    def _give_back(self, item: InFlight) -> None:
        """Jobs that wait for a slot here have it before any that the source may bring."""
        item.holds_slot = False
        self.slots.give_back(item.claim.job_type)
        for key, waiting in list(self._without_room.items()):
            if self.slots.has_room(waiting.claim.job_type):
                self._held[key].end()

    def _hold_s(self, item: InFlight, outcome: Failed) -> float:
        """Seconds to hold a failure back, within the lease."""
        is_last = not outcome.retryable or item.claim.retries_remaining <= 0
        if item.handler.retry_delay is None or is_last or self._is_draining:
            return 0.0
        seconds = retry_delay_s(item.handler, item.attempt)
        lease = item.claim.lease
        return seconds if lease is None else min(seconds, lease.end - HELD_MARGIN_S - self._clock())

    def _hold(self, item: InFlight, wait_s: float, release: Callable[[], None]) -> None:
        item.phase = Phase.HELD
        self._held[item.claim.key] = Held(release, self._call_later(wait_s, release))
        if item.holds_slot:
            self._free_slot(item)

    def _release_job(self, item: InFlight, delay_s: float) -> None:
        """Its handler gave it back: leave it, or run it again after a while; nothing is reported."""
        item.stand_for_next()
        self._statistics.released(item.claim.job_type)
        claim = item.claim
        log.info(
            "%s job %s of instance %s was given back by its handler",
            claim.job_type,
            claim.job_id,
            claim.instance_id,
            extra={"job_id": claim.job_id, "job_type": claim.job_type, "instance_id": claim.instance_id},
        )
        if delay_s == LEFT or self._is_draining or (delay_s == 0 and item.claim.lease is not None):
            self._settle(item, Settlement.LEFT)
        else:
            self._hold(item, max(delay_s, SOON_S), lambda: self._run_again(item))

    def _run_again(self, item: InFlight) -> None:
        claim = item.claim
        del self._held[claim.key]
        self._without_room.pop(claim.key, None)
        right = claim.right_to_begin(self._clock())
        if self._is_draining or right is ClaimRight.LOST:
            self._settle(item, Settlement.LEFT)
        elif right is ClaimRight.UNSURE or not self.slots.has_room(claim.job_type):
            self._wait_for_room(item)
        else:
            item.stand_for_next()  # where another worker has failed the attempt meanwhile, this run is of the next
            self._take_slot(claim.job_type)
            item.phase, item.holds_slot = Phase.RUNNING, True
            item.began = item.ended = 0.0
            item.released_s = item.awaitable = item.task = None
            self._begin(item)

    def _wait_for_room(self, item: InFlight) -> None:
        """Until a slot is given back; rates and rights come with time alone."""
        item.holds_slot = False
        self._hold(item, SOON_S, lambda: self._run_again(item))
        self._without_room[item.claim.key] = item

    def _release(self, report: Report) -> None:
        del self._held[report.claim.key]
        self.in_flight[report.claim.key].phase = Phase.REPORTING
        self._reporter.put(report)


# In the entry of a job whose type nobody handles; never called.
_ABSENT = Handler(dict, "", is_async=False, name="no handler", file="", line=0)


def _why_ended(item: InFlight, report: Report) -> str:
    """What is known of why a report counts for nothing."""
    if isinstance(report.outcome, Failed) and (item.is_overtaken or report.proved):
        return "somebody else has failed this attempt before"
    return "its step or its instance has ended otherwise"
