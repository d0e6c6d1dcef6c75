"""Handlers that misbehave, and what handlers and embedding programs can rely on, against the embedded engine."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, HandClock
from support.engines import running_engine
from support.fault_proxy import fault_proxy
from support.sdk_workers import Executions, chain, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk import current_job
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner


@pytest.fixture
def client(engine: DevEngine) -> Iterator[RestEngineClient]:
    with RestEngineClient(engine.url) as opened:
        yield opened


@pytest.fixture
def registry() -> HandlerRegistry:
    return HandlerRegistry()


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")


def start(
    client: RestEngineClient, *job_types: str, count: int = 1, retries: int = 0, **variables: Any
) -> list[str]:
    name = "-".join(job_types)
    client.upload_definition(chain(name, *job_types, retries=retries))
    return [client.start_instance(name, variables)["id"] for _ in range(count)]


# --- misbehaviour harms one slot ---


def test_a_blocked_async_handler_stops_neither_claims_nor_reports(
    client: RestEngineClient, registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    @registry.handler("blocking")
    async def blocking(job: Any) -> None:
        release.wait(20)

    registry.register("plain", lambda job: {"ok": True})
    start(client, "blocking")
    with running_runner(client, registry):
        wait_until(lambda: "has blocked the event loop" in caplog.text, "the blockage to be noticed")
        wait_for_status(client, start(client, "plain", count=20))
        release.set()
    assert "in blocking" in caplog.text


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_sys_exit_in_a_handler_is_a_failure_and_the_worker_goes_on(
    client: RestEngineClient, registry: HandlerRegistry, kind: str
) -> None:
    executions = Executions()

    def leave(job: Any) -> None:
        executions.count(job)
        sys.exit(3)

    async def leave_async(job: Any) -> None:
        leave(job)

    registry.register("leave", leave if kind == "plain" else leave_async)
    registry.register("stay", lambda job: None)
    with running_runner(client, registry):
        (instance,) = start(client, "leave", retries=2)
        wait_for_status(client, [instance], "FAILED")
        wait_for_status(client, start(client, "stay", count=5))
    assert executions.total == 3
    assert client.get_instance(instance)["failureReason"].startswith("SystemExit: 3 (")


def test_a_task_that_an_async_handler_left_behind_cannot_end_the_worker(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    left_behind = []

    @registry.handler("work")
    async def work(job: Any) -> None:
        async def leave() -> None:
            sys.exit(3)

        left_behind.append(asyncio.create_task(leave()))
        await asyncio.sleep(0)

    with running_runner(client, registry):
        wait_for_status(client, start(client, "work", count=3))
        wait_for_status(client, start(client, "work", count=3))
    for task in left_behind:
        task.exception()


def test_a_child_that_a_handler_forked_reports_nothing(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    children: list[int] = []

    @registry.handler("fork")
    def fork(job: Any) -> dict[str, Any]:
        child = os.fork()
        if child:
            children.append(child)
        return {"child": child == 0}

    instances = start(client, "fork", count=3)
    with running_runner(client, registry):
        wait_for_status(client, instances)
    assert [client.get_instance(instance)["variables"] for instance in instances] == [{"child": False}] * 3
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_a_handler_may_change_its_job(client: RestEngineClient, registry: HandlerRegistry) -> None:
    registry.register("work", lambda job: job.clear())
    with running_runner(client, registry):
        wait_for_status(client, start(client, "work", count=3))


def test_results_that_cannot_be_sent_fail_the_instance_with_the_path(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("set", lambda job: {"a": [{"b": {1}}]})
    registry.register("list", lambda job: [1])
    with running_runner(client, registry):
        failed = start(client, "set", retries=3) + start(client, "list", retries=3)
        wait_for_status(client, failed, "FAILED")
    reasons = [client.get_instance(instance)["failureReason"] for instance in failed]
    assert "['a'][0]['b']: a value of type set, which JSON cannot carry" in reasons[0]
    assert "a value of type list; a dict or None is needed" in reasons[1]


def test_a_decorated_coroutine_function_is_awaited(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    async def work(job: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"ok": True}

    registry.register("work", lambda job: work(job))
    (instance,) = start(client, "work")
    with running_runner(client, registry):
        wait_for_status(client, [instance])
    assert client.get_instance(instance)["variables"] == {"ok": True}


# --- limits of one handler ---


def test_an_async_handler_is_ended_at_its_timeout_and_retried(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    executions = Executions()

    @registry.handler("slow", timeout=0.05)
    async def slow(job: Any) -> None:
        executions.count(job)
        await asyncio.sleep(60)

    (instance,) = start(client, "slow", retries=1)
    with running_runner(client, registry):
        wait_for_status(client, [instance], "FAILED")
    assert executions.total == 2
    assert "longer than its timeout of 0.05 s" in client.get_instance(instance)["failureReason"]


def test_a_plain_handler_past_its_timeout_is_named_and_its_result_still_counts(
    client: RestEngineClient, registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    @registry.handler("slow", timeout=0.05)
    def slow(job: Any) -> None:
        assert current_job().stopping.wait(10)
        release.wait(20)

    (instance,) = start(client, "slow")
    with running_runner(client, registry) as running:
        wait_until(lambda: "past its timeout of 0.05 s" in caplog.text, "a warning")
        assert running.snapshot.in_flight[0].is_stuck
        release.set()
        wait_for_status(client, [instance])


def test_a_handler_never_runs_more_often_at_once_than_it_may(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    lock, running_now, most = threading.Lock(), 0, 0

    @registry.handler("limited", parallelism=2)
    def limited(job: Any) -> None:
        nonlocal running_now, most
        with lock:
            running_now += 1
            most = max(most, running_now)
        time.sleep(0.01)
        with lock:
            running_now -= 1

    registry.register("other", lambda job: None)
    instances = start(client, "limited", count=20) + start(client, "other", count=20)
    with running_runner(client, registry):
        wait_for_status(client, instances)
    assert most == 2


def test_a_retry_delay_holds_a_failure_back_outside_of_its_slot(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    times: list[float] = []

    @registry.handler("flaky", retry_delay=0.5)
    def flaky(job: Any) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            raise ConnectionError("not yet")

    registry.register("other", lambda job: None)
    (instance,) = start(client, "flaky", retries=1)
    with running_runner(client, registry, parallelism=1) as running:
        wait_until(
            lambda: [job.phase for job in running.snapshot.in_flight] == ["held"], "the failure to be held"
        )
        wait_for_status(client, start(client, "other", count=3))
        wait_for_status(client, [instance])
    assert times[1] - times[0] >= 0.5


def test_the_delay_of_a_retry_may_depend_on_the_attempt(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    attempts: list[int] = []

    def delay(attempt: int) -> float:
        attempts.append(attempt)
        return 0.01

    @registry.handler("flaky", retry_delay=delay)
    def flaky(job: Any) -> None:
        raise ConnectionError("never")

    (instance,) = start(client, "flaky", retries=3)
    with running_runner(client, registry):
        wait_for_status(client, [instance], "FAILED")
    assert attempts == [1, 2, 3]


def test_a_held_failure_is_reported_when_the_worker_stops(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    @registry.handler("flaky", retry_delay=20)
    def flaky(job: Any) -> None:
        raise ConnectionError("no")

    start(client, "flaky", retries=1)
    with running_runner(client, registry) as running:
        wait_until(
            lambda: [job.phase for job in running.snapshot.in_flight] == ["held"], "the failure to be held"
        )
        summary = running.stop()
    assert summary.drained
    assert summary.types["flaky"].retried == 1
    (again,) = client.poll_jobs("w", ["flaky"])
    assert again["retriesRemaining"] == 0


# --- hooks and the current job ---


def test_hooks_run_once_for_the_process_on_the_loop_of_the_async_handlers(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    calls: list[tuple[str, object]] = []

    @registry.on_startup
    async def open_pool() -> None:
        calls.append(("open", asyncio.get_running_loop()))

    @registry.on_shutdown
    def close_pool() -> None:
        calls.append(("close", asyncio.get_running_loop()))

    @registry.handler("work")
    async def work(job: Any) -> None:
        calls.append(("work", asyncio.get_running_loop()))

    with running_runner(client, registry, worker_id="w1"), running_runner(client, registry, worker_id="w2"):
        wait_for_status(client, start(client, "work", count=2))
    assert [name for name, _ in calls] == ["open", "work", "work", "close"]
    assert len({loop for _, loop in calls}) == 1


def test_a_start_up_hook_that_fails_ends_the_run_with_its_error(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    @registry.on_startup
    def fail() -> None:
        raise LookupError("no database")

    registry.register("work", lambda job: None)
    with running_runner(client, registry) as running, pytest.raises(LookupError, match="no database"):
        running.end()


def test_hooks_run_anew_for_a_later_run_and_shutdown_only_after_a_start_up_that_went_well(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    calls: list[str] = []

    @registry.on_startup
    def open_pool() -> None:
        calls.append("open")
        if len(calls) == 1:
            raise LookupError("no database yet")

    @registry.on_shutdown
    def close_pool() -> None:
        calls.append("close")

    registry.register("work", lambda job: None)
    with running_runner(client, registry) as running, pytest.raises(LookupError):
        running.end()
    with running_runner(client, registry):
        wait_for_status(client, start(client, "work"))
    assert calls == ["open", "open", "close"]


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_handler_knows_its_job_and_lease(
    client: RestEngineClient, registry: HandlerRegistry, kind: str
) -> None:
    def look(job: Any) -> dict[str, Any]:
        running = current_job()
        assert running.job is job
        assert running.lease_left_s is not None
        return {"left": running.lease_left_s}

    async def look_async(job: Any) -> dict[str, Any]:
        return look(job)

    registry.register("look", look if kind == "plain" else look_async)
    (instance,) = start(client, "look")
    with running_runner(client, registry):
        wait_for_status(client, [instance])
    assert 20 < client.get_instance(instance)["variables"]["left"] <= 30


# --- outcomes the engine will not take ---


def test_an_outcome_refused_for_good_is_kept_for_the_next_delivery(
    registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    executions = Executions()

    @registry.handler("huge")
    def huge(job: Any) -> dict[str, Any]:
        executions.count(job)
        return {"n": 10**400}

    with (
        running_engine(clock=HandClock()) as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(proxy.url) as client,
    ):
        (instance,) = start(client, "huge")
        with running_runner(client, registry) as running:
            wait_until(lambda: "for good" in caplog.text and not running.snapshot.in_flight, "the refusal")
            assert f"rochallor instances cancel {instance}" in caplog.text
            engine.advance(60)
            wait_until(lambda: len(proxy.paths("/complete")) == 2, "the outcome to be sent again")
        client.cancel_instance(instance)
    assert executions.total == 1


# --- running and stopping ---


def test_a_worker_runs_beside_a_running_loop_and_in_several_threads(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("work", lambda job: None)
    stop = threading.Event()

    async def inside_a_loop() -> None:
        threading.Timer(0.2, stop.set).start()
        Runner(client, registry, "inside").run(stop)

    with running_runner(client, registry, worker_id="beside"):
        asyncio.run(inside_a_loop())
        wait_for_status(client, start(client, "work", count=5))


def test_a_runner_runs_once_at_a_time_and_again_afterwards(
    client: RestEngineClient, registry: HandlerRegistry
) -> None:
    registry.register("work", lambda job: None)
    runner = Runner(client, registry, "w")
    runner.stop()
    assert runner.run(threading.Event()).drained
    stop = threading.Event()
    thread = threading.Thread(target=runner.run, args=[stop])
    thread.start()
    wait_until(lambda: (found := runner.snapshot()) and found.state == "running", "the second run")
    with pytest.raises(RuntimeError, match="runs already"):
        runner.run(threading.Event())
    runner.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_of_a_run_is_left_behind(client: RestEngineClient, registry: HandlerRegistry) -> None:
    @registry.handler("async")
    async def work(job: Any) -> None:
        await asyncio.to_thread(time.sleep, 0.01)

    registry.register("plain", lambda job: None)
    before = set(threading.enumerate())
    with running_runner(client, registry):
        wait_for_status(client, start(client, "async", "plain", count=5))
    wait_until(lambda: not set(threading.enumerate()) - before, "all threads to end")


def test_a_job_costs_one_report_and_a_share_of_a_poll(engine: DevEngine, registry: HandlerRegistry) -> None:
    registry.register("work", lambda job: None)
    with fault_proxy(engine.url) as proxy, RestEngineClient(engine.url) as admin:
        instances = start(admin, "work", count=200)
        with RestEngineClient(proxy.url) as client, running_runner(client, registry):
            wait_for_status(admin, instances)
    assert len(proxy.paths("/complete")) == 200
    assert len(proxy.seen) == 200 + len(proxy.paths("/poll"))
