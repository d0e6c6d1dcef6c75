"""Senders: report outcomes, a few at once, each until the engine has it; they obey the rules."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.client.judgement import is_from_engine
from workflow_sdk.clock import Clock, boottime
from workflow_sdk.known_secrets import beginning
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import ClaimRight
from workflow_sdk.runner.job.outcome import MAX_MESSAGE, Completed, Failed
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.reporting.doubtful_reports import DoubtfulReports
from workflow_sdk.runner.reporting.engine_watch import EngineWatch, reason_of
from workflow_sdk.runner.reporting.report_log import say_left, say_refused, say_rejected, say_turned
from workflow_sdk.runner.reporting.rules import Action, Verdict, back_off_s, pause_s, verdict_on

log = logging.getLogger("workflow_sdk.runner")

# So many reports are under way at once.
SENDERS = 8
# A report that failed this often while other calls went through says nothing about the engine.
FAILURES_ALONE = 2
# A failure whose right to be sent is unsure is looked at again this soon.
UNSURE_S = 0.25
# A 413 is about the size when a small result gets through between so many of them.
TIMES_TOO_LARGE = 3
_KINDS = ("complete", "fail")

_Delivery = Callable[[], Awaitable[None]]


class _WithheldError(Exception):
    """The right to report a failure ended before it could be written."""

    def __init__(self, right: ClaimRight) -> None:
        super().__init__(right)
        self.right = right


class _Try(NamedTuple):
    """One time that a report is sent: what its claim was then, and when."""

    report: Report
    renewals: int
    sent_at: float

    def is_late(self, now: float) -> bool:
        """Whether an answer that comes now is too late to count by itself."""
        claim = self.report.claim
        return claim.renewals != self.renewals or claim.is_over(now)


async def _acknowledged() -> None:
    """What is left of a delivery that has succeeded."""


async def _raise(error: Exception) -> None:
    raise error


class Senders:
    """A queue of reports. Of one job at most one report is under way, whatever goes wrong.

    Nearly all are completions for which a connection rests, and are acknowledged: they are sent and settled without a
    task, in `_begin` and `_came`. All else is a sender's, a task with one report to see through.

    A report that fails while the engine is away stays with its sender, which sleeps: so few tries are
    made however many results wait. One that has a trouble of its own goes back to the queue, or into doubt;
    `in_trouble` is told, so that its job leaves its slot. `settled` is called once for each.
    """

    def __init__(
        self,
        channel: JobChannel,
        *,
        watch: EngineWatch,
        settled: Callable[[Report, Settlement], None],
        in_trouble: Callable[[Report, bool], None] = lambda report, by_engine: None,
        metrics: Metrics,
        dispatch: str,
        clock: Clock = boottime,
    ) -> None:
        self._channel = channel
        self._settled = settled
        self._in_trouble = in_trouble
        self._clock = clock
        self._queue: deque[Report] = deque()
        self._busy = 0
        self._group: asyncio.TaskGroup | None = None
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unsettled: set[Report] = set()
        self._under_way: set[Report] = set()
        # Those that get no answer of the engine's while other calls do.
        self._alone: set[Report] = set()
        self._troublesome = 0
        self._watch = watch
        self._doubtful_reports = DoubtfulReports(
            channel, watch=watch, clock=clock, settle=self._settle, again=self._send_again
        )
        self._retries = {kind: metrics.callback_retries.labels(dispatch, kind) for kind in _KINDS}
        self._rejected = {kind: metrics.callback_rejected.labels(dispatch, kind) for kind in _KINDS}

    @property
    def unsettled(self) -> set[Report]:
        return self._unsettled

    def put(self, report: Report) -> None:
        """Report it, however long that takes; `settled` is called once."""
        self._unsettled.add(report)
        self._watch.waiting_reports = self._waiting_reports
        self._enqueue(report)

    def renewed(self, report: Report) -> None:
        """Its job has come again: there is a lease to send it in, under the latest id."""
        if self._doubtful_reports.drop(report):
            self._enqueue(report)

    def proved(self, report: Report) -> None:
        """Its job's next attempt has come: this failure has arrived."""
        report.proved = True
        if report not in self._under_way:
            self._doubtful_reports.drop(report)
            self._end_proved(report)

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._doubtful_reports.run(), name="doubtful reports")
            self._group = group
            self._send_waiting()
            try:
                await self._broken
            finally:
                self._group = None  # what comes from now on is nobody's

    def _enqueue(self, report: Report) -> None:
        self._queue.append(report)
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._queue and self._busy < SENDERS and self._group is not None:
            report = self._queue.popleft()
            if report in self._unsettled:
                self._busy += 1
                if not self._begin(report):
                    self._group.create_task(self._serve(report), name="sender")

    def _begin(self, report: Report) -> bool:
        """Send a completion at once; False, and nothing was done, where something is to be waited for first."""
        outcome, this_try = report.outcome, self._try_of(report)
        if not isinstance(outcome, Completed) or this_try.sent_at < report.not_before:
            return False
        came = partial(self._came, this_try)
        try:
            if not self._channel.begin_completion(report.claim.job_id, outcome.encoded, came):
                return False
        except Exception as error:  # noqa: BLE001 - no memory, perhaps: it is this try's, not whoever put the report
            came(partial(_raise, error))
        self._under_way.add(report)
        return True

    def _came(self, this_try: _Try, rest: _Delivery | None) -> None:
        """What came of `_begin`: nearly always an acknowledgement in time, so without a task for it."""
        if self._group is None:
            return
        now = self._clock()
        try:
            if rest is not None or this_try.is_late(now):
                self._group.create_task(self._serve(this_try.report, this_try, rest), name="sender")
                return
            self._under_way.discard(this_try.report)
            self._watch.succeeded(now)
            self._settle(this_try.report, Settlement.ACKNOWLEDGED)
            self._is_free()
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the run, not this connection alone
            if not self._broken.done():
                self._broken.set_exception(error)

    async def _serve(self, report: Report, begun: _Try | None = None, rest: _Delivery | None = None) -> None:
        """See a report through, `begun` perhaps already, up to where it is in doubt or put off."""
        is_done = begun is not None and await self._tried(begun, rest or _acknowledged)
        while not is_done and report in self._unsettled:
            is_done = await self._send(report)
        self._is_free()

    def _is_free(self) -> None:
        self._busy -= 1
        self._send_waiting()

    async def _send(self, report: Report) -> bool:
        """One try; True when this sender is done with the report, for now or for good."""
        this_try = self._try_of(report)
        sent_at = this_try.sent_at
        if sent_at < report.not_before:
            self._delay(report, report.not_before - sent_at)
            return True
        if not report.is_completion and (right := report.claim.right_to_fail(sent_at)) is not ClaimRight.HAS:
            self._not_sent(report, right)
            return True
        if report.is_uncleared:
            self._has_own_trouble(report, by_engine=True)
            self._doubtful_reports.add(report)
            return True
        self._under_way.add(report)
        return await self._tried(this_try, partial(self._deliver, report))

    def _try_of(self, report: Report) -> _Try:
        return _Try(report, report.claim.renewals, self._clock())

    async def _tried(self, this_try: _Try, delivery: _Delivery) -> bool:
        """As `_send`, once the report may be under way."""
        report, error = this_try.report, None
        try:
            await delivery()
        except _WithheldError as withheld:
            self._not_sent(report, withheld.right)
            return True
        except Exception as raised:  # noqa: BLE001 - a client of the user's own may raise anything
            error = raised
        finally:
            self._under_way.discard(report)
        now = self._clock()
        report.tries += 1
        if error is not None:
            report.refused(str(error), now=now)
        verdict = verdict_on(report, error, sent_at=this_try.sent_at, now=now, is_late=this_try.is_late(now))
        return await self._obey(verdict, report, error, this_try.sent_at)

    async def _deliver(self, report: Report) -> None:
        outcome, job_id = report.outcome, report.claim.job_id
        if isinstance(outcome, Completed):
            await self._channel.complete(job_id, outcome.variables, outcome.encoded)
        else:

            def before_write() -> None:
                # The process may have stood still since it was last asked, while a connection was made.
                if (right := report.claim.right_to_fail(self._clock())) is not ClaimRight.HAS:
                    raise _WithheldError(right)
                if report.proved or report.claim.job_id != job_id:
                    # Its retry has come; or the lease is that of another id by now, under which it goes next.
                    raise _WithheldError(ClaimRight.UNSURE)

            await self._channel.fail(job_id, outcome.message, outcome.retryable, before_write=before_write)

    async def _obey(self, verdict: Verdict, report: Report, error: Exception | None, sent_at: float) -> bool:
        is_away = self._note(report, error, sent_at)
        report.not_before = self._clock() + verdict.hold_s
        report.slow_tries += verdict.is_slow
        if verdict.action is Action.DONE or report.proved:
            self._settle(report, Settlement.ACKNOWLEDGED)
            return True
        if verdict.action is Action.AGAIN:
            return await self._again(verdict, report, error, is_away=is_away)
        if verdict.action is Action.DOUBT:
            self._doubt(report, error)
        elif verdict.action is Action.COMPARE:
            await self._compare(report, error)
        else:
            self._refused(verdict.action, report, error)
        return True

    def _note(self, report: Report, error: Exception | None, began: float) -> bool:
        """Tell the watch; True when the engine is away."""
        if error is None:
            self._watch.succeeded()
            return False
        if is_from_engine(error):
            self._watch.succeeded()
            self._answered(report)
            self._has_own_trouble(report, by_engine=True)
            return False
        if 0 < report.last_tried < self._watch.last_success:
            report.failed_alone += 1
        report.last_tried = began
        if report.failed_alone >= FAILURES_ALONE:
            self._has_own_trouble(report, by_engine=False)
            self._alone.add(report)
            self._watch.reports_troubled(error)
            return self._watch.is_away
        return self._watch.failed(error, began=began)

    def _answered(self, report: Report) -> None:
        """The engine has answered it, or it is done with."""
        self._alone.discard(report)
        if not self._alone:
            self._watch.reports_answered()

    async def _again(
        self, verdict: Verdict, report: Report, error: Exception | None, *, is_away: bool
    ) -> bool:
        self._retries[report.kind].inc()
        if not is_away:
            self._delay(report, max(verdict.hold_s, verdict.pause_s, back_off_s(report.tries)))
            return True
        await asyncio.sleep(verdict.hold_s)
        if self._watch.is_away:
            await self._watch.sleep(max(verdict.pause_s, pause_s(error, report.tries)))
        return False

    def _doubt(self, report: Report, error: Exception | None) -> None:
        """Have the history decide; a failure that will be retried leaves no trace there, but has its lease."""
        report.was_acknowledged |= error is None
        if not report.is_completion and not report.is_last and report.claim.lease is not None:
            say_left(report, error)
            self._settle(report, Settlement.LEFT)
            return
        self._has_own_trouble(report, by_engine=True)
        self._doubtful_reports.add(report)

    def _send_again(self, report: Report) -> None:
        self._retries[report.kind].inc()
        # A result that is late only counts once its job has come again: no hurry.
        report.not_before = self._clock() + back_off_s(report.tries)
        self._enqueue(report)

    async def _compare(self, report: Report, error: Exception | None) -> None:
        """Whether it is the size: then a small result gets through where this one does not, again and again."""
        report.not_before = self._clock() + back_off_s(10)
        if not self._channel.is_polled:
            self._delay(report, report.not_before - self._clock())
            return
        try:
            await self._channel.complete(f"{report.claim.job_id}-size", {}, b"{}")
            report.times_too_large += 1
        except Exception as answer:  # noqa: BLE001 - whatever keeps a small one from its way is not about the size
            report.times_too_large = report.times_too_large + 1 if is_from_engine(answer) else 0
        if report.times_too_large >= TIMES_TOO_LARGE:
            self._refused(Action.FAIL_INSTEAD, report, error)
        else:
            self._has_own_trouble(report, by_engine=False)
            self._delay(report, report.not_before - self._clock())

    def _refused(self, action: Action, report: Report, error: Exception | None) -> None:
        reason = reason_of(error) if error is not None else ""
        if action is Action.REJECTED:
            say_rejected(report, reason)
            self._settle(report, Settlement.REJECTED)
        elif action is Action.FAIL_INSTEAD and report.is_overtaken:
            # Somebody else has failed this attempt: to fail it again would end the next one.
            self._settle(report, Settlement.ENDED)
        elif action is Action.FAIL_INSTEAD:
            say_turned(report, reason)
            message = beginning(f"the result cannot be delivered: {reason}", MAX_MESSAGE).replace("\0", "\\0")
            report.turn_into(Failed(message, retryable=False))
            self._enqueue(report)
        else:
            say_refused(report, reason)
            self._rejected[report.kind].inc()
            self._settle(report, Settlement.REFUSED)

    def _not_sent(self, report: Report, right: ClaimRight) -> None:
        if report.proved:
            self._end_proved(report)
        elif right is ClaimRight.UNSURE:
            self._delay(report, UNSURE_S)
        else:
            self._settle(report, Settlement.LEFT)

    def _end_proved(self, report: Report) -> None:
        # Not even sent: somebody else has failed this attempt.
        self._settle(report, Settlement.ACKNOWLEDGED if report.tries else Settlement.ENDED)

    def _has_own_trouble(self, report: Report, *, by_engine: bool) -> None:
        """Claiming does not wait for this one any more."""
        if not report.has_own_trouble:
            report.has_own_trouble = True
            self._troublesome += 1
            self._tell_watch()
        self._in_trouble(report, by_engine)

    def _delay(self, report: Report, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._enqueue, report)

    def _settle(self, report: Report, settlement: Settlement) -> None:
        if report not in self._unsettled:
            return
        self._unsettled.discard(report)
        self._troublesome -= report.has_own_trouble
        if settlement is Settlement.ACKNOWLEDGED:
            self._watch.reports_taken()
        self._answered(report)
        self._tell_watch()
        self._settled(report, settlement)

    @property
    def _waiting_reports(self) -> int:
        return len(self._unsettled) - self._troublesome

    def _tell_watch(self) -> None:
        self._watch.waiting_reports = self._waiting_reports
        if self._waiting_reports <= 0:
            self._watch.flushed()
