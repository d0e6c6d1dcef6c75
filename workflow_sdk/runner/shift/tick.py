"""Tick: a look at the jobs in flight, four times a second; once a second while there are none."""

from __future__ import annotations

import asyncio
import logging

from workflow_sdk.clock import Clock
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.handlers.handler_coroutines import HandlerCoroutines
from workflow_sdk.runner.job.in_flight import InFlight, Phase
from workflow_sdk.runner.reporting.senders import Senders
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper
from workflow_sdk.runner.statistics import Statistics

log = logging.getLogger("workflow_sdk.runner")

TICK_S = 0.25
# How long an async handler may take over its cancellation before it is called stuck.
CANCELLED_WITHIN_S = 5.0
# A look costs almost as much as a poll does, and an idle worker should cost nothing.
IDLE_TICK_S = 1.0


class Tick:
    """Leases, handlers that run past their time-out, a blocked handler loop, gauges, the signs of life."""

    def __init__(
        self,
        execution: Execution,
        *,
        lease_keeper: LeaseKeeper,
        coroutines: HandlerCoroutines,
        senders: Senders,
        statistics: Statistics,
        metrics: Metrics,
        dispatch: str,
        clock: Clock,
    ) -> None:
        self._execution = execution
        self._lease_keeper = lease_keeper
        self._coroutines = coroutines
        self._senders = senders
        self._statistics = statistics
        self._metrics = metrics
        # To look a series up by its labels costs more than to set it.
        self._callbacks = [
            (
                kind == "complete",
                metrics.callback_pending.labels(dispatch, kind),
                metrics.callback_oldest.labels(dispatch, kind),
            )
            for kind in ("complete", "fail")
        ]
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self.last_tick = self._clock()

    def begin(self) -> None:
        self._metrics.slots.set(self._execution.slots.total)
        self._tick()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._set_gauges(self._clock())

    def _tick(self) -> None:
        now = self.last_tick = self._clock()
        items = list(self._execution.in_flight.values())
        pause_s = TICK_S if items else IDLE_TICK_S
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._tick)
        self._set_gauges(now)
        self._statistics.note_time()
        if not items:
            return
        self._execution.hold_nothing_that_leaves()
        for item in items:
            item.show_lease(now)  # after a suspension it ends earlier on the handler's clock
        self._lease_keeper.look(items, now)
        for item in items:
            if item.handler.timeout_s is not None:
                self._look_at_time(item, timeout_s=item.handler.timeout_s, now=now)
        if any(item.task is not None and item.phase is Phase.RUNNING for item in items):
            self._coroutines.watch(now)

    def _look_at_time(self, item: InFlight, *, timeout_s: float, now: float) -> None:
        """A coroutine ends at its time-out, or swallows that; a thread cannot be ended: all we can do is say so."""
        allowed_s = timeout_s if item.task is None else timeout_s + CANCELLED_WITHIN_S
        if item.is_stuck or item.phase is not Phase.RUNNING or item.ran_s(now) <= allowed_s:
            return
        item.is_stuck = True
        item.current.stopping.set()
        self._metrics.stuck_handlers.labels(item.claim.job_type).inc()
        log.warning(
            "%s job %s of instance %s has run past its timeout of %g s (%s). %s: its slot stays taken, its job "
            "is left to its lease",
            item.claim.job_type,
            item.claim.job_id,
            item.claim.instance_id,
            timeout_s,
            item.where(),
            "A thread cannot be ended" if item.task is None else "It goes on after its cancellation",
        )

    def _set_gauges(self, now: float) -> None:
        self._metrics.slots_in_use.set(self._execution.slots.in_use)
        unsettled = self._senders.unsettled
        for is_completion, pending, oldest in self._callbacks:
            created = [report.created for report in unsettled if report.is_completion is is_completion]
            pending.set(len(created))
            oldest.set(now - min(created) if created else 0.0)
