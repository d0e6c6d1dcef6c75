"""Shift: the life of one run: start-up, serving, drain, leaving. Its parts are made in `assembly`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from workflow_sdk.runner.daemon_loop import in_thread_or_here
from workflow_sdk.runner.handlers import hooks
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.shift.assembly import assembled
from workflow_sdk.runner.shift.drain_log import say_drained, say_stopping
from workflow_sdk.runner.shift.plan import ShiftPlan
from workflow_sdk.runner.summary import AbandonedJob, RunnerSnapshot, RunSummary, State

log = logging.getLogger("workflow_sdk.runner")

# A poll that is under way when the stop begins may bring jobs that are ours; it gets this long.
LAST_POLL_S = 2.0
# What closing connections and the shutdown hooks may take, after a drain and after jobs were abandoned.
CLEAN_LEAVE_S = 10.0
LEAVE_S = 0.4


class Shift:
    """Made and used inside a running loop; `work` lasts from the first claim to the last report."""

    def __init__(self, plan: ShiftPlan) -> None:
        self._plan = plan
        self._stop_hint = ""
        self._stop = asyncio.Event()
        self._abandon = asyncio.Event()
        self._error: BaseException | None = None
        self.state: State = "starting"
        parts = assembled(plan, start=self._start, fail=self._fail)
        self._channel, self._slots, self._watch = parts.channel, parts.slots, parts.watch
        self._execution, self._statistics = parts.execution, parts.statistics
        self._threads, self._coroutines = parts.threads, parts.coroutines
        self._senders, self._source = parts.senders, parts.source
        self._lease_keeper, self._tick = parts.lease_keeper, parts.tick

    def stop(self, hint: str) -> None:
        self._stop_hint = self._stop_hint or hint
        self._stop.set()

    def pause(self, is_paused: bool) -> None:
        """Claim nothing more until told to go on; running jobs finish and are reported."""
        if is_paused == self._slots.is_paused:
            return
        self._slots.is_paused = is_paused
        log.info("quiet: no jobs are claimed" if is_paused else "resumed: jobs are claimed again")
        if not is_paused:
            self._source.slot_freed()

    def abandon(self) -> None:
        self._stop.set()
        self._abandon.set()

    async def work(self) -> RunSummary:
        """Claim and run jobs until told to stop, then drain. Raises what ended the run, after the drain."""
        senders = asyncio.create_task(self._senders.run(), name="senders")
        senders.add_done_callback(self._ended)
        self._tick.begin()
        try:
            await self._start_up()
            source = await self._serve()
            drain_s = await self._drain(source)
            abandoned = self._abandoned_jobs()
            say_drained(abandoned, drain_s, dispatch=self._plan.dispatch)
            summary = RunSummary(self._statistics.by_type(), abandoned, drain_s)
        finally:
            await self._leave(senders)
        if self._error is not None:
            raise self._error
        return summary

    def snapshot(self) -> RunnerSnapshot:
        """May be called from any thread."""
        now = self._plan.clock()
        return RunnerSnapshot(
            worker_id=self._plan.worker_id,
            state=self.state,
            engine_url=self._channel.url,
            engine_reachable=self._watch.is_reachable if self._watch.was_asked else None,
            engine_reason=self._watch.reason,
            engine_state_s=now - self._watch.since,
            slots=self._slots.total,
            in_flight=tuple(item.as_seen(now) for item in list(self._execution.in_flight.values())),
            waiting_reports=len(self._senders.unsettled),
            types=self._statistics.by_type(),
            last_tick_s=now - self._tick.last_tick,
            quiet_s=now - self._statistics.last_activity,
            source_trouble=self._source.trouble,
            is_paused=self._slots.is_paused,
            surplus=self._source.surplus,
            shortage=self._slots.shortage,
        )

    # --- working ---

    async def _start_up(self) -> None:
        if any(handler.is_async for handler in self._plan.registry.handlers().values()):
            self._coroutines.begin()
        if self._has_hooks():
            await self._unless_stopped(hooks.start_up(self._plan.registry, self._coroutines.handler_loop))

    def _has_hooks(self) -> bool:
        return bool(self._plan.registry.startup_hooks() or self._plan.registry.shutdown_hooks())

    async def _serve(self) -> asyncio.Task[None]:
        """The source's task, after it has brought jobs until the stop."""
        source = asyncio.create_task(self._source.run(), name="source")
        source.add_done_callback(self._ended)
        if not self._stop.is_set():
            self.state = "running"
            await self._stop.wait()
        return source

    async def _unless_stopped(self, awaitable: Awaitable[None]) -> None:
        task = asyncio.ensure_future(awaitable)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
        else:
            task.cancel()

    def _start(self, claim: Claim) -> None:
        if self._lease_keeper.must_be_confirmed:
            self._slots.take(claim.job_type)
            confirmation = asyncio.create_task(self._start_confirmed(claim))
            confirmation.add_done_callback(self._ended)
        else:
            self._execution.start(claim)

    async def _start_confirmed(self, claim: Claim) -> None:
        may_start = await self._lease_keeper.confirm(claim)
        self._slots.give_back(claim.job_type)
        if may_start:
            self._execution.start(claim)
        else:
            self._source.slot_freed()

    def _fail(self, error: BaseException) -> None:
        """End the run, after a drain, with this error."""
        self._error = self._error or error
        self._stop.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that works to the end has ended."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    # --- stopping ---

    async def _drain(self, source: asyncio.Task[None]) -> float:
        """Seconds that it took to let jobs finish and be reported, for so long as there is."""
        began = self._plan.clock()
        self.state = "draining"
        say_stopping(len(self._execution.in_flight), self._plan.drain_timeout_s, hint=self._stop_hint)
        self._source.stop()
        self._execution.drain()
        drained = asyncio.create_task(self._drained(source))
        abandoned = asyncio.create_task(self._abandon.wait())
        if self._plan.drain_timeout_s > 0:
            await asyncio.wait(
                {drained, abandoned},
                timeout=self._plan.drain_timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        for task in (drained, abandoned, source):
            task.cancel()
        return self._plan.clock() - began

    async def _drained(self, source: asyncio.Task[None]) -> None:
        await asyncio.wait({source}, timeout=LAST_POLL_S)
        source.cancel()
        await self._execution.wait_until_idle()

    def _abandoned_jobs(self) -> tuple[AbandonedJob, ...]:
        now = self._plan.clock()
        return tuple(item.as_abandoned(now) for item in self._execution.in_flight.values())

    async def _leave(self, senders: asyncio.Task[None]) -> None:
        """Take everything apart; quickly, where jobs were abandoned."""
        self._tick.end()
        senders.cancel()
        self._threads.close()
        try:
            async with asyncio.timeout(CLEAN_LEAVE_S if self._execution.is_idle else LEAVE_S):
                await self._take_apart()
        except TimeoutError:
            log.debug("some parts of the worker were left as they were")
        self.state = "stopped"

    async def _take_apart(self) -> None:
        await self._lease_keeper.close()
        await self._source.close()
        await self._channel.close()
        if self._has_hooks():
            await hooks.shut_down(self._plan.registry, self._coroutines.handler_loop)
        if self._execution.is_idle:
            await in_thread_or_here(self._coroutines.close)
        else:
            # With a handler that blocks that loop, to wait would be a second for nothing.
            asyncio.get_running_loop().run_in_executor(None, self._coroutines.close)
