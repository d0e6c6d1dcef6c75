"""The parts of one run, made and tied together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from workflow_sdk.client.failures import lacks_threads
from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.metrics.metrics import SHORTAGES
from workflow_sdk.runner.handlers.handler_coroutines import HandlerCoroutines
from workflow_sdk.runner.handlers.handler_threads import HandlerThreads
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.reporting.senders import Senders
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper
from workflow_sdk.runner.shift.plan import JobSource, ShiftPlan, SourceParts
from workflow_sdk.runner.shift.tick import Tick
from workflow_sdk.runner.statistics import Statistics


@dataclass(frozen=True, slots=True)
class ShiftParts:
    """Everything that works for one run."""

    channel: JobChannel
    slots: Slots
    watch: EngineWatch
    statistics: Statistics
    execution: Execution
    threads: HandlerThreads
    coroutines: HandlerCoroutines
    senders: Senders
    lease_keeper: LeaseKeeper
    tick: Tick
    source: JobSource


def assembled(
    plan: ShiftPlan, *, start: Callable[[Claim], None], fail: Callable[[BaseException], None]
) -> ShiftParts:
    """The parts of a run on the running loop. `start` gets each claim; `fail` is told what must end the run."""
    loop = asyncio.get_running_loop()
    channel = plan.make_channel(plan.client, worker_id=plan.worker_id, lease_seconds=plan.lease_seconds)
    slots = _slots(plan)
    plan.metrics.expect(plan.registry.handlers(), dispatch=plan.dispatch)
    no_thread, no_descriptor = (plan.metrics.shortages.labels(what).inc for what in SHORTAGES)
    count_shortage = partial(_count_shortage, no_thread, no_descriptor)
    watch = EngineWatch(channel.url, clock=plan.clock, count_shortage=count_shortage, give_up=fail)
    statistics = Statistics(
        plan.metrics, clock=plan.clock, is_known=lambda job_type: plan.registry.find(job_type) is not None
    )
    execution = Execution(
        registry=plan.registry,
        slots=slots,
        statistics=statistics,
        call_later=lambda seconds, function: loop.call_later(seconds, function).cancel,
        clock=plan.clock,
        reports_without_slot=plan.reports_without_slot,
    )
    threads = _threads(plan, execution, no_thread)
    coroutines = _coroutines(execution, no_thread)
    senders = _senders(plan, channel, watch=watch, execution=execution)
    source = plan.make_source(
        SourceParts(channel, slots, watch, plan.metrics, start, statistics, plan.clock, execution.next_came)
    )
    execution.begin_with(reporter=senders, threads=threads, coroutines=coroutines, source=source)
    lease_keeper = _lease_keeper(plan, channel, watch=watch, fail=fail)
    tick = Tick(
        execution,
        lease_keeper=lease_keeper,
        coroutines=coroutines,
        senders=senders,
        statistics=statistics,
        metrics=plan.metrics,
        dispatch=plan.dispatch,
        clock=plan.clock,
    )
    return ShiftParts(
        channel, slots, watch, statistics, execution, threads, coroutines, senders, lease_keeper, tick, source
    )


def _count_shortage(
    no_thread: Callable[[], None], no_descriptor: Callable[[], None], error: BaseException
) -> None:
    (no_thread if lacks_threads(error) else no_descriptor)()


def _threads(plan: ShiftPlan, execution: Execution, count_shortage: Callable[[], None]) -> HandlerThreads:
    def at_most(threads: int | None) -> None:
        if threads is not None:
            count_shortage()
        execution.at_most(threads)

    return plan.make_threads(
        name=plan.worker_id,
        size=plan.parallelism,
        done=execution.finished,
        loop=asyncio.get_running_loop(),
        at_most=at_most,
    )


def _coroutines(execution: Execution, count_shortage: Callable[[], None]) -> HandlerCoroutines:
    def short(is_short: bool) -> None:
        if is_short:
            count_shortage()
        execution.no_async(is_short)

    return HandlerCoroutines(done=execution.finished, home=asyncio.get_running_loop(), short=short)


def _senders(plan: ShiftPlan, channel: JobChannel, *, watch: EngineWatch, execution: Execution) -> Senders:
    return Senders(
        channel,
        watch=watch,
        settled=execution.settled,
        in_trouble=execution.in_trouble,
        metrics=plan.metrics,
        dispatch=plan.dispatch,
        clock=plan.clock,
    )


def _lease_keeper(
    plan: ShiftPlan, channel: JobChannel, *, watch: EngineWatch, fail: Callable[[BaseException], None]
) -> LeaseKeeper:
    return LeaseKeeper(
        channel,
        metrics=plan.metrics,
        wanted=plan.heartbeat,
        interval_s=plan.heartbeat_interval_s,
        lease_seconds=plan.lease_seconds,
        is_away=lambda: watch.is_away,
        unsupported=fail,
        clock=plan.clock,
    )


def _slots(plan: ShiftPlan) -> Slots:
    handlers = plan.registry.handlers().items()
    limits = {name: handler.parallelism for name, handler in handlers if handler.parallelism is not None}
    rates = {name: handler.rate for name, handler in handlers if handler.rate is not None}
    return Slots(plan.parallelism, limits, rates)
