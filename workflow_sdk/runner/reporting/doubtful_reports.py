"""DoubtfulReports: reports of which no answer tells whether the engine has taken them; the instance's history does.

The one place that looks, at each at most once a second, and at so many instances then. A step execution that has ended
settles its report. While it runs, a completion is sent again, each time a little later; a failure is, too, where
no lease would bring its job back, once its retry would have come. A failure of a job that somebody before may have
reported is looked at before it is sent at all: once the engine has answered any question, the retry of a failure it
took before is published a moment later, and looked for; the history comes last. After a takeover there may be
hundreds, so these wait for no turn.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Callable
from contextlib import suppress

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.client.judgement import is_from_engine
from workflow_sdk.clock import Clock
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.reporting.engine_watch import EngineWatch, reason_of

log = logging.getLogger("workflow_sdk.runner")

LOOK_EVERY_S = 1.0
LOOKS_AT_ONCE = 16
LOOK_TIMEOUT_S = 10.0
# A retry that the engine has published is read within this much of its partition's progress.
PROGRESS_S = 5.0
# The engine's relay rests for 250 ms: what it has failed by the time it answers is published again so much later.
PUBLISHED_S = 1.0
# A partition that cannot be read on (all its records wait for this one) is waited for no longer than this.
PATIENCE_S = 60.0
_OVER = ("COMPLETED", "FAILED", "CANCELLED")


class FoundStep(enum.Enum):
    """What the history says of a step execution."""

    COMPLETED = "completed"
    FAILED = "failed"
    OVER = "over"  # its instance has ended, or is gone
    OPEN = "open"
    NOTHING = "nothing"  # the client cannot ask
    UNKNOWN = "unknown"  # no answer, this time


class DoubtfulReports:
    """`settle` and `again` take a report out of doubt: it is done with, or to be sent again."""

    def __init__(
        self,
        channel: JobChannel,
        *,
        watch: EngineWatch,
        clock: Clock,
        settle: Callable[[Report, Settlement], None],
        again: Callable[[Report], None],
    ) -> None:
        self._channel = channel
        self._watch = watch
        self._clock = clock
        self._settle = settle
        self._again = again
        self._open: dict[Report, None] = {}
        # Those of them that were neither sent nor looked at.
        self._fresh: dict[Report, None] = {}
        self._added = asyncio.Event()
        self._last_look = 0.0
        # When the latest question was asked that the engine has answered.
        self._answered = -1.0

    def add(self, report: Report) -> None:
        """Take a report in. It is looked after, until one of the two is called."""
        now = self._clock()
        report.is_in_doubt, report.doubted_at, report.answered_at = True, now, 0.0
        report.doubted_progress_s = report.claim.holder.progress_s if report.claim.holder else 0.0
        self._open[report] = None
        if not report.tries:
            self._fresh[report] = None
        self._added.set()

    def drop(self, report: Report) -> bool:
        """Take a report out; False if it is in no doubt."""
        if not report.is_in_doubt:
            return False
        report.is_in_doubt = False
        self._open.pop(report, None)
        self._fresh.pop(report, None)
        return True

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            self._added.clear()
            due = self._due()
            for report in due:
                self._fresh.pop(report, None)
            await asyncio.gather(*(self._consider(report) for report in due))
            for report in due:
                if report in self._open:
                    # To the end of the line, so that all have their turn.
                    del self._open[report]
                    self._open[report] = None
            if not due:
                await self._pause()

    def _due(self) -> list[Report]:
        if not self._watch.is_away:
            fresh = [report for report in self._fresh if self._is_ripe(report)]
            if fresh:
                return fresh[:LOOKS_AT_ONCE]
        now = self._clock()
        if now < self._last_look + LOOK_EVERY_S:
            return []
        self._last_look = now
        return [report for report in self._open if report not in self._fresh][:LOOKS_AT_ONCE]

    async def _pause(self) -> None:
        """Until the next look is due, or there is another one to look at."""
        left_s = self._last_look + LOOK_EVERY_S - self._clock() if self._open else None
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._added.wait()

    async def _consider(self, report: Report) -> None:
        renewals = report.claim.renewals
        found = await self._found(report.claim)
        if not report.is_in_doubt or report.claim.renewals != renewals:
            return  # a new claim, or the next attempt, has answered meanwhile
        if found in (FoundStep.COMPLETED, FoundStep.FAILED, FoundStep.OVER):
            self._finish(report, _settlement(report, found))
        elif found is not FoundStep.UNKNOWN or self._is_beyond_asking(report):
            self._stays_open(report, found)

    def _stays_open(self, report: Report, found: FoundStep) -> None:
        """The step runs on, as far as anybody can tell."""
        if found is FoundStep.NOTHING and report.was_acknowledged:
            # A client of the user's own, without a history: its word is all there is.
            self._finish(report, Settlement.ACKNOWLEDGED)
        elif not report.tries and not report.answered_at:
            report.answered_at = self._clock()
            if found is not FoundStep.UNKNOWN:
                self._fresh[report] = None
        elif self._clock() < report.not_before or not self._is_ripe(report):
            return
        elif not report.is_completion and report.claim.lease is not None:
            self._finish(report, Settlement.LEFT)
        elif self.drop(report):
            report.cleared_for = report.claim.holder
            self._again(report)

    def _is_beyond_asking(self, report: Report) -> bool:
        """Whether a gateway lets reports through, and no questions: for long, of one that was never sent."""
        has_waited = self._clock() - report.doubted_at >= PATIENCE_S
        return not report.tries and has_waited and self._watch.last_success > report.doubted_at

    def _is_ripe(self, report: Report) -> bool:
        """Whether a retry, had the engine taken the failure, would have come by now."""
        holder = report.claim.holder
        if report.is_completion or report.is_last or holder is None:
            return True
        if not report.tries:
            return self._is_unanswered(report) or holder.knows_retries(report.answered_at + PUBLISHED_S)
        read_s = holder.progress_s - report.doubted_progress_s
        return read_s >= PROGRESS_S or self._clock() - report.doubted_at >= PATIENCE_S

    def _is_unanswered(self, report: Report) -> bool:
        """Whether the engine has answered nothing yet that was asked since this doubt began."""
        if not report.answered_at and self._answered >= report.doubted_at:
            report.answered_at = self._clock()
        return not report.answered_at

    def _finish(self, report: Report, settlement: Settlement) -> None:
        if self.drop(report):
            self._settle(report, settlement)

    async def _found(self, claim: Claim) -> FoundStep:
        began = self._clock()
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                return await self._looked(claim)
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            if is_from_engine(error):
                return FoundStep.OVER if getattr(error, "status_code", 0) == 404 else FoundStep.OPEN
            log.debug("instance %s could not be looked at: %s", claim.instance_id, reason_of(error))
            self._watch.failed(error, began=began)
            return FoundStep.UNKNOWN

    async def _looked(self, claim: Claim) -> FoundStep:
        if not claim.step_execution_id or not claim.instance_id:
            return FoundStep.NOTHING
        found = await self._step_in_history(claim)
        if found is not FoundStep.OPEN:
            return found
        if await self._channel.instance_status(claim.instance_id) not in _OVER:
            return FoundStep.OPEN
        # The step, and the instance with it, may have ended after the history was read.
        found = await self._step_in_history(claim)
        return FoundStep.OVER if found is FoundStep.OPEN else found

    async def _step_in_history(self, claim: Claim) -> FoundStep:
        """How the step stands, by itself: OPEN also where its instance has ended without it."""
        asked = self._clock()
        history = await self._channel.history(claim.instance_id)
        if history is None:
            return FoundStep.NOTHING
        self._watch.succeeded()
        self._answered = max(self._answered, asked)
        statuses = [step.get("status") for step in history if step.get("id") == claim.step_execution_id]
        if "COMPLETED" in statuses:
            return FoundStep.COMPLETED
        return FoundStep.FAILED if "FAILED" in statuses else FoundStep.OPEN


def _settlement(report: Report, found: FoundStep) -> Settlement:
    """Whether the step ended as this report says."""
    is_ours = found is (FoundStep.COMPLETED if report.is_completion else FoundStep.FAILED)
    return Settlement.ACKNOWLEDGED if is_ours else Settlement.ENDED
