"""Senders: the few coroutines that report outcomes, each until the engine has acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.client.judge import is_from_engine
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.reporting.engine_watch import EngineWatch, reason_of
from workflow_sdk.runner.reporting.rules import Action, back_off_s, pause_s, verdict_on

log = logging.getLogger("workflow_sdk.runner")

SENDERS = 8
# A report that failed this often while other calls went through says nothing about the engine.
FAILURES_ALONE = 2


class Senders:
    """A queue of reports. Of one job at most one report is under way, whatever goes wrong.

    A report that fails while the engine is away stays with its sender, which sleeps: so few tries are
    made however many results wait. One that has a trouble of its own goes back to the queue.
    """

    def __init__(
        self,
        channel: JobChannel,
        *,
        watch: EngineWatch,
        settled: Callable[[Report, Settlement], None],
        metrics: Metrics,
        dispatch: str,
    ) -> None:
        self._channel = channel
        self._settled = settled
        self._queue: asyncio.Queue[Report] = asyncio.Queue()
        self._unsettled: set[Report] = set()
        self._troublesome = 0
        self._watch = watch
        self._retries = {
            kind: metrics.callback_retries.labels(dispatch, kind) for kind in ("complete", "fail")
        }
        self._rejected = {
            kind: metrics.callback_rejected.labels(dispatch, kind) for kind in ("complete", "fail")
        }

    @property
    def unsettled(self) -> set[Report]:
        return self._unsettled

    def put(self, report: Report) -> None:
        """Report it, however long that takes; `settled` is called once."""
        self._unsettled.add(report)
        self._watch.backlog = self._backlog
        self._queue.put_nowait(report)

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(SENDERS):
                group.create_task(self._serve(), name=f"sender {number + 1}")

    async def _serve(self) -> None:
        while True:
            report = await self._queue.get()
            while not await self._send(report):
                pass

    async def _send(self, report: Report) -> bool:
        """One try; True when this sender is done with the report, for now or for good."""
        began = monotonic()
        if report.is_too_late(began):
            self._settle(report, Settlement.LEFT)
            return True
        try:
            await self._deliver(report)
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            return await self._troubled(report, error, began)
        self._watch.succeeded()
        self._settle(report, Settlement.ACKNOWLEDGED)
        return True

    async def _deliver(self, report: Report) -> None:
        outcome, job_id = report.outcome, report.claim.job_id
        if isinstance(outcome, Completed):
            await self._channel.complete(job_id, outcome.variables, outcome.encoded)
        else:
            await self._channel.fail(job_id, outcome.message, outcome.retryable)

    async def _troubled(self, report: Report, error: Exception, began: float) -> bool:
        is_away = self._note(report, error, began)
        now = monotonic()
        report.tries += 1
        report.refused(str(error), now=now)
        verdict = verdict_on(report, error, now=now)
        if verdict.action is Action.REFUSED:
            self._refused(report, error)
            return True
        if verdict.action is Action.LEAVE:
            log.info(
                "job %s: whether its failure arrived is unknown (%s)", report.claim.job_id, reason_of(error)
            )
            self._settle(report, Settlement.LEFT)
            return True
        self._retries[_kind(report)].inc()
        if not is_away:
            self._delay(report, max(verdict.hold_s, back_off_s(report.tries)))
            return True
        await asyncio.sleep(verdict.hold_s)
        if self._watch.is_away:
            await self._watch.sleep(pause_s(error, report.tries))
        return False

    def _note(self, report: Report, error: Exception, began: float) -> bool:
        """Tell the watch; True when the engine is away."""
        if is_from_engine(error):
            self._watch.succeeded()
            self._has_own_trouble(report)
            return False
        if 0 < report.last_tried < self._watch.last_success:
            report.failed_alone += 1
        report.last_tried = began
        if report.failed_alone >= FAILURES_ALONE:
            self._has_own_trouble(report)
            return self._watch.is_away
        return self._watch.failed(error, began=began)

    def _has_own_trouble(self, report: Report) -> None:
        """Claiming does not wait for this one any more."""
        if not report.has_own_trouble:
            report.has_own_trouble = True
            self._troublesome += 1
            self._tell_watch()

    def _delay(self, report: Report, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._queue.put_nowait, report)

    def _refused(self, report: Report, error: Exception) -> None:
        claim = report.claim
        log.error(
            "the engine refuses the outcome of %s job %s of instance %s for good: %s. Its outcome is kept in "
            "case the job comes again; to end the instance: rochallor instances cancel %s",
            claim.job_type,
            claim.job_id,
            claim.instance_id,
            reason_of(error),
            claim.instance_id,
        )
        self._rejected[_kind(report)].inc()
        self._settle(report, Settlement.REFUSED)

    def _settle(self, report: Report, settlement: Settlement) -> None:
        self._unsettled.discard(report)
        self._troublesome -= report.has_own_trouble
        self._tell_watch()
        self._settled(report, settlement)

    @property
    def _backlog(self) -> int:
        return len(self._unsettled) - self._troublesome

    def _tell_watch(self) -> None:
        self._watch.backlog = self._backlog
        if self._backlog <= 0:
            self._watch.flushed()


def _kind(report: Report) -> str:
    return "complete" if report.is_completion else "fail"
