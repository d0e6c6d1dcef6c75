"""Handlers that misbehave, and what handlers and embedding programs can rely on, against the embedded engine."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, HandClock
from support.engines import running_engine
from support.fault_proxy import fault_proxy
from support.sdk_workers import AtOnce, Executions, running_runner, start_chain, wait_for_status
from support.waiting import wait_until
from workflow_sdk import current_job
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")


# --- misbehaviour harms one slot ---


def test_a_blocked_async_handler_stops_neither_claims_nor_reports(
    admin: RestEngineClient, registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    @registry.handler("blocking")
    async def blocking(job: Any) -> None:
        release.wait(60)

    registry.register("plain", lambda job: {"ok": True})
    start_chain(admin, "blocking")
    with running_runner(admin, registry):
        wait_until(lambda: "has blocked the event loop" in caplog.text, "the blockage to be noticed")
        wait_for_status(admin, start_chain(admin, "plain", count=20))
        release.set()
    assert "in blocking" in caplog.text


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_sys_exit_in_a_handler_is_a_failure_and_the_worker_goes_on(
    admin: RestEngineClient, registry: HandlerRegistry, kind: str
) -> None:
    executions = Executions()

    def leave(job: Any) -> None:
        executions.count(job)
        sys.exit(3)

    async def leave_async(job: Any) -> None:
        leave(job)

    registry.register("leave", leave if kind == "plain" else leave_async)
    registry.register("stay", lambda job: None)
    with running_runner(admin, registry):
        (instance,) = start_chain(admin, "leave", retries=2)
        wait_for_status(admin, [instance], "FAILED")
        wait_for_status(admin, start_chain(admin, "stay", count=5))
    assert executions.total == 3
    assert admin.get_instance(instance)["failureReason"].startswith("SystemExit: 3 (")


def test_a_task_that_an_async_handler_left_behind_cannot_end_the_worker(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    left_behind = []

    @registry.handler("work")
    async def work(job: Any) -> None:
        async def leave() -> None:
            sys.exit(3)

        left_behind.append(asyncio.create_task(leave()))
        await asyncio.sleep(0)

    with running_runner(admin, registry):
        wait_for_status(admin, start_chain(admin, "work", count=3))
        wait_for_status(admin, start_chain(admin, "work", count=3))
    assert [type(task.exception()) for task in left_behind] == [SystemExit] * 6


def test_a_child_that_a_handler_forked_reports_nothing(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    children: list[int] = []

    @registry.handler("fork")
    def fork(job: Any) -> dict[str, Any]:
        child = os.fork()
        if child:
            children.append(child)
        return {"child": child == 0}

    instances = start_chain(admin, "fork", count=3)
    with running_runner(admin, registry):
        wait_for_status(admin, instances)
    assert [admin.get_instance(instance)["variables"] for instance in instances] == [{"child": False}] * 3
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_a_handler_may_change_its_job(admin: RestEngineClient, registry: HandlerRegistry) -> None:
    registry.register("work", lambda job: job.clear())
    with running_runner(admin, registry):
        wait_for_status(admin, start_chain(admin, "work", count=3))


def test_results_that_cannot_be_sent_fail_the_instance_with_the_path(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("set", lambda job: {"a": [{"b": {1}}]})
    registry.register("list", lambda job: [1])
    with running_runner(admin, registry):
        failed = start_chain(admin, "set", retries=3) + start_chain(admin, "list", retries=3)
        wait_for_status(admin, failed, "FAILED")
    reasons = [admin.get_instance(instance)["failureReason"] for instance in failed]
    assert "['a'][0]['b']: a value of type set, which JSON cannot carry" in reasons[0]
    assert "a value of type list; a dict or None is needed" in reasons[1]


def test_a_decorated_coroutine_function_is_awaited(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    async def work(job: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"ok": True}

    registry.register("work", lambda job: work(job))
    (instance,) = start_chain(admin, "work")
    with running_runner(admin, registry):
        wait_for_status(admin, [instance])
    assert admin.get_instance(instance)["variables"] == {"ok": True}


# --- limits of one handler ---


def test_an_async_handler_is_ended_at_its_timeout_and_retried(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    executions = Executions()

    @registry.handler("slow", timeout=0.05)
    async def slow(job: Any) -> None:
        executions.count(job)
        await asyncio.sleep(60)

    (instance,) = start_chain(admin, "slow", retries=1)
    with running_runner(admin, registry):
        wait_for_status(admin, [instance], "FAILED")
    assert executions.total == 2
    assert "longer than its timeout of 0.05 s" in admin.get_instance(instance)["failureReason"]


def test_a_plain_handler_past_its_timeout_is_named_and_its_result_still_counts(
    admin: RestEngineClient, registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    @registry.handler("slow", timeout=0.05)
    def slow(job: Any) -> None:
        assert current_job().stopping.wait(60)
        release.wait(60)

    (instance,) = start_chain(admin, "slow")
    with running_runner(admin, registry) as running:
        wait_until(lambda: "past its timeout of 0.05 s" in caplog.text, "a warning")
        assert running.snapshot.in_flight[0].is_stuck
        release.set()
        wait_for_status(admin, [instance])


def test_a_handler_never_runs_more_often_at_once_than_it_may(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    at_once = AtOnce(2)
    registry.register("limited", at_once.handler, parallelism=2)
    registry.register("other", lambda job: None)
    instances = start_chain(admin, "limited", count=20) + start_chain(admin, "other", count=20)
    with running_runner(admin, registry):
        wait_for_status(admin, instances)
    assert at_once.most == 2


def test_a_retry_delay_holds_a_failure_back_outside_of_its_slot(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    times: list[float] = []

    @registry.handler("flaky", retry_delay=0.5)
    def flaky(job: Any) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            raise ConnectionError("not yet")

    registry.register("other", lambda job: None)
    (instance,) = start_chain(admin, "flaky", retries=1)
    with running_runner(admin, registry, parallelism=1) as running:
        wait_until(
            lambda: [job.phase for job in running.snapshot.in_flight] == ["held"], "the failure to be held"
        )
        wait_for_status(admin, start_chain(admin, "other", count=3))
        wait_for_status(admin, [instance])
    assert times[1] - times[0] >= 0.5


def test_the_delay_of_a_retry_may_depend_on_the_attempt(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    attempts: list[int] = []

    def delay(attempt: int) -> float:
        attempts.append(attempt)
        return 0.01

    @registry.handler("flaky", retry_delay=delay)
    def flaky(job: Any) -> None:
        raise ConnectionError("never")

    (instance,) = start_chain(admin, "flaky", retries=3)
    with running_runner(admin, registry):
        wait_for_status(admin, [instance], "FAILED")
    assert attempts == [1, 2, 3]


def test_a_held_failure_is_reported_when_the_worker_stops(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    @registry.handler("flaky", retry_delay=20)
    def flaky(job: Any) -> None:
        raise ConnectionError("no")

    start_chain(admin, "flaky", retries=1)
    with running_runner(admin, registry) as running:
        wait_until(
            lambda: [job.phase for job in running.snapshot.in_flight] == ["held"], "the failure to be held"
        )
        summary = running.stop()
    assert summary.drained
    assert summary.types["flaky"].retried == 1
    (again,) = admin.poll_jobs("w", ["flaky"])
    assert again["retriesRemaining"] == 0


# --- outcomes the engine will not take ---


def test_a_result_that_can_never_be_delivered_fails_the_job_for_good_with_the_refusal(
    registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    executions = Executions()

    @registry.handler("huge")
    def huge(job: Any) -> dict[str, Any]:
        executions.count(job)
        return {"n": 10**400}

    with running_engine(clock=HandClock()) as engine, RestEngineClient(engine.url) as client:
        (instance,) = start_chain(client, "huge")
        with running_runner(client, registry):
            wait_until(lambda: client.get_instance(instance)["status"] == "FAILED", "the job to be failed")
        reason = client.get_instance(instance)["failureReason"]
    assert "can never be delivered" in caplog.text
    assert "cannot unmarshal number" in reason
    assert executions.total == 1


# --- running and stopping ---


def test_a_worker_runs_beside_a_running_loop_and_in_several_threads(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("work", lambda job: None)
    stop = threading.Event()

    async def inside_a_loop() -> None:
        threading.Timer(0.2, stop.set).start()
        Runner(admin, registry, "inside").run(stop)

    with running_runner(admin, registry, worker_id="beside"):
        asyncio.run(inside_a_loop())
        wait_for_status(admin, start_chain(admin, "work", count=5))


class WatchedEvent(threading.Event):
    """Knows which threads have waited for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: set[threading.Thread] = set()

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting.add(threading.current_thread())
        return super().wait(timeout)


def test_the_thread_that_handles_signals_does_not_wait_for_the_event_that_they_set(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    """An event's `set` takes a lock that its `wait` holds for a moment: in one thread they would wait for ever."""
    stop = WatchedEvent()
    registry.register("work", lambda job: stop.set())
    instances = start_chain(admin, "work")
    Runner(admin, registry, "signalled").run(stop)
    wait_for_status(admin, instances)
    assert threading.current_thread() not in stop.waiting
    assert stop.waiting


def test_a_runner_runs_once_at_a_time_and_again_afterwards(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("work", lambda job: None)
    runner = Runner(admin, registry, "w")
    runner.stop()
    assert runner.run(threading.Event()).drained
    stop = threading.Event()
    thread = threading.Thread(target=runner.run, args=[stop])
    thread.start()
    wait_until(lambda: (found := runner.snapshot()) and found.state == "running", "the second run")
    with pytest.raises(RuntimeError, match="runs already"):
        runner.run(threading.Event())
    runner.stop()
    thread.join(60)
    assert not thread.is_alive()


def test_nothing_of_a_run_is_left_behind(admin: RestEngineClient, registry: HandlerRegistry) -> None:
    @registry.handler("async")
    async def work(job: Any) -> None:
        await asyncio.to_thread(time.sleep, 0.01)

    registry.register("plain", lambda job: None)
    before = set(threading.enumerate())
    with running_runner(admin, registry):
        wait_for_status(admin, start_chain(admin, "async", "plain", count=5))
    wait_until(lambda: not set(threading.enumerate()) - before, "all threads to end")


def test_a_job_costs_one_report_and_a_share_of_a_poll(engine: DevEngine, registry: HandlerRegistry) -> None:
    registry.register("work", lambda job: None)
    with fault_proxy(engine.url) as proxy, RestEngineClient(engine.url) as admin:
        instances = start_chain(admin, "work", count=200)
        with RestEngineClient(proxy.url) as client, running_runner(client, registry):
            wait_for_status(admin, instances)
    assert len(proxy.paths("/complete")) == 200
    assert len(proxy.seen) == 200 + len(proxy.paths("/poll"))
