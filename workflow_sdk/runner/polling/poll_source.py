"""PollSource: asks the engine for jobs, as many as there are free slots, at the pace of their arrival."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from math import inf
from time import perf_counter

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.client.judgement import dispatches_otherwise
from workflow_sdk.client.polled_jobs import PolledJob, UnreadableJob
from workflow_sdk.clock import Clock
from workflow_sdk.errors import DispatchModeError, EngineClientError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, claim_from_poll
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.job.slots import PollOrder, Slots
from workflow_sdk.runner.polling.batch_size import BatchSize
from workflow_sdk.runner.polling.pacing import Pacing
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.reporting.rules import MAX_RETRY_AFTER_S, pause_s

log = logging.getLogger("workflow_sdk.runner")

# How long claiming waits for results that could not be reported before it asks all the same.
FLUSH_LIMIT_S = 10.0
# While results wait, nobody's Retry-After keeps us from looking whether the engine is back.
LOOK_AGAIN_S = 5.0
MAX_SAID = 1_000
# Unlike a report's, a poll's refusal is never about one job: whatever it is, it will be the same in a moment.
REFUSALS = range(400, 500)


class PollSource:
    """One question to the engine at a time; `start` gets each job of the answers."""

    # Nothing but the engine can be in trouble here, and that is watched.
    trouble = ""
    surplus = ""

    def __init__(
        self,
        channel: JobChannel,
        *,
        registry: HandlerRegistry,
        job_types: Collection[str] | None,
        slots: Slots,
        watch: EngineWatch,
        metrics: Metrics,
        poll_interval_s: float,
        start: Callable[[Claim], None],
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._registry = registry
        self._only = None if job_types is None else set(job_types)
        self._slots = slots
        self._watch = watch
        self._metrics = metrics
        self._poll_interval_s = poll_interval_s
        self._start = start
        self._clock = clock
        self._pacing = Pacing(idle_spacing_s=poll_interval_s, slots=slots.total, now=clock())
        self._batch = BatchSize(slots.total)
        self._said_unreadable: set[UnreadableJob] = set()
        self._nap: asyncio.Future[None] | None = None
        self._nap_until = 0.0
        self._failures = 0
        self._stopping = False
        self._is_claiming = False
        # Attempts that ended while the present question was under way, by step execution.
        self._ended_meanwhile: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Claim until `stop`. DispatchModeError when the engine takes no polls."""
        self._task = asyncio.current_task()
        try:
            await self._claim_on_and_on()
        except asyncio.CancelledError:
            if not self._stopping:
                raise

    async def _claim_on_and_on(self) -> None:
        while not self._stopping:
            now = self._clock()
            order = self._order()
            due = self._pacing.due(now, free_slots=order.max_jobs)
            if due > now:
                await self._sleep_until(due)
            elif self._watch.waiting_reports and not self._watch.is_flushed:
                # The senders try on behalf of all. Should they fail to get through, we try, too.
                await self._watch.wait_for_flush(FLUSH_LIMIT_S)
                await self._probe_if_away()
            elif not await self._probe_if_away():
                await self._ask(order)

    def stop(self) -> None:
        """Ask no more; a question under way is still answered, for its jobs are ours already."""
        self._stopping = True
        if self._task is not None and not self._is_claiming:
            self._task.cancel()

    async def close(self) -> None:
        """Nothing is left to do: the engine forgets a poller by itself."""

    def settled(self, claim: Claim, settlement: Settlement) -> None:
        """A job is done with: there is a slot more, and perhaps its successor."""
        if self._is_claiming and settlement.is_over:
            self._ended_meanwhile[claim.key] = claim.retries_remaining
        if settlement is Settlement.ACKNOWLEDGED:
            self._pacing.reported(self._clock(), claim.job_type)
        self.slot_freed()

    def slot_freed(self) -> None:
        # At once is earlier than the nap's end, whatever the time.
        if self._nap is not None and self._pacing.due(-inf, free_slots=self._slots.free) < self._nap_until:
            self._wake()

    def _order(self) -> PollOrder:
        job_types = self._registry.job_types()
        if self._only is not None:
            job_types = [job_type for job_type in job_types if job_type in self._only]
        if not job_types:
            return PollOrder([], 0)
        order = self._slots.order(job_types)
        return order if order.max_jobs <= self._batch.most else PollOrder(order.job_types, self._batch.most)

    async def _probe_if_away(self) -> bool:
        """While the engine is away, try without claiming: jobs of an answer that is lost would be leased
        to nobody. False when there was nothing to try.
        """
        if not self._watch.is_away:
            return False
        began = self._clock()
        try:
            was_asked = await self._channel.probe()
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            await self._not_answered(error, began)
            return True
        if was_asked:
            self._watch.succeeded()
        return was_asked

    async def _ask(self, order: PollOrder) -> None:
        began, clock = self._clock(), perf_counter()
        self._pacing.asked(began)
        try:
            jobs = await self._claim(order)
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            self._batch.not_answered(error, asked_for=order.max_jobs)
            await self._not_answered(error, began)
            return
        self._failures = 0
        self._metrics.poll_latency.observe(perf_counter() - clock)
        if not jobs:
            self._metrics.lock_conflicts.inc()
        self._batch.answered(got=len(jobs), took_s=self._clock() - began)
        self._slots.answered(order, len(jobs))
        self._pacing.answered(self._clock(), asked_for=order.max_jobs, got=len(jobs))
        self._watch.succeeded()
        for job in jobs:
            self._take(job, asked_at=began)

    async def _claim(self, order: PollOrder) -> Sequence[PolledJob]:
        self._ended_meanwhile.clear()
        self._is_claiming, self._slots.promised = True, order.max_jobs
        try:
            return await self._channel.claim(order.job_types, order.max_jobs)
        finally:
            self._is_claiming, self._slots.promised = False, 0

    def _take(self, job: PolledJob, *, asked_at: float) -> None:
        if isinstance(job, UnreadableJob):
            self._say_unreadable(job)
            return
        try:
            claim = claim_from_poll(job, asked_at=asked_at)
        except Exception as error:  # noqa: BLE001 - what a client of the user's own hands out may be anything
            self._say_unreadable(UnreadableJob(f"{type(error).__name__}: {error}"))
            return
        if claim.retries_remaining >= self._ended_meanwhile.get(claim.key, inf):
            # Handed out before the engine took what we reported of it; the answer was overtaken on its way.
            log.debug("%s job %s is done already", claim.job_type, claim.job_id)
            return
        self._start(claim)

    def _say_unreadable(self, job: UnreadableJob) -> None:
        """Once for each: it comes again whenever its lease ends."""
        self._metrics.unreadable_jobs.inc()
        if job in self._said_unreadable or len(self._said_unreadable) >= MAX_SAID:
            return
        self._said_unreadable.add(job)
        log.error(
            "%s job %s of instance %s cannot be read: %s. It is left to its lease; to end the instance: "
            "rochallor instances cancel %s",
            job.job_type or "a",
            job.job_id or "without an id",
            job.instance_id or "(not said)",
            job.reason,
            job.instance_id or "ID",
        )

    async def _not_answered(self, error: Exception, began: float) -> None:
        if dispatches_otherwise(error):
            raise DispatchModeError(
                "this engine dispatches over Kafka: use --mode kafka (KafkaRunner)"
            ) from error
        self._failures += 1
        is_away = self._watch.failed(error, began=began)
        asked_for_s = error.retry_after_s if isinstance(error, EngineClientError) else None
        if asked_for_s is None:
            wait_s = pause_s(error, self._failures, refusals=REFUSALS)
        else:
            wait_s = min(asked_for_s, MAX_RETRY_AFTER_S)
        self._pacing.not_answered(self._clock() if is_away else self._clock() + wait_s)
        if self._stopping or not is_away:
            return
        if asked_for_s is not None and self._watch.waiting_reports:
            wait_s = min(wait_s, LOOK_AGAIN_S)
        await self._watch.sleep(wait_s)

    async def _sleep_until(self, due: float) -> None:
        """Sleep until `due` (`inf`: until woken), or until something makes the next question due earlier."""
        loop = asyncio.get_running_loop()
        self._nap, self._nap_until = loop.create_future(), due
        # Handlers may be registered later: without any, look again now and then.
        timer = loop.call_later(min(due - self._clock(), self._longest_nap_s()), self._wake)
        try:
            await self._nap
        finally:
            self._nap = None
            timer.cancel()

    def _longest_nap_s(self) -> float:
        return self._poll_interval_s if not self._slots.in_use else inf

    def _wake(self) -> None:
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)
