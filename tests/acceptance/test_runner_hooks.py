"""Hooks of a process, and what a handler knows of its own job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from support.sdk_workers import running_runner, start_chain, wait_for_status
from workflow_sdk import current_job
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient


def test_hooks_run_once_for_the_process_on_the_loop_of_the_async_handlers(
    admin: RestEngineClient, registry: HandlerRegistry
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

    with running_runner(admin, registry, worker_id="w1"), running_runner(admin, registry, worker_id="w2"):
        wait_for_status(admin, start_chain(admin, "work", count=2))
    assert [name for name, _ in calls] == ["open", "work", "work", "close"]
    assert len({loop for _, loop in calls}) == 1


def test_a_start_up_hook_that_fails_ends_the_run_with_its_error(
    admin: RestEngineClient, registry: HandlerRegistry
) -> None:
    @registry.on_startup
    def fail() -> None:
        raise LookupError("no database")

    registry.register("work", lambda job: None)
    with running_runner(admin, registry) as running, pytest.raises(LookupError, match="no database"):
        running.end()


def raising(error: BaseException) -> Callable[[], None]:
    def hook() -> None:
        raise error

    return hook


ENDING = [
    SystemExit(4),
    KeyboardInterrupt(),
    asyncio.CancelledError(),
    GeneratorExit(),
    BaseExceptionGroup("g", [SystemExit()]),
]


@pytest.mark.parametrize("error", ENDING, ids=lambda error: type(error).__name__)
def test_a_hook_that_would_end_a_program_is_an_error_like_any_other(error: BaseException, caplog) -> None:
    engine, registry = FakeEngineClient(), HandlerRegistry()
    registry.on_startup(raising(error))
    registry.register("work", lambda job: None)
    with (
        running_runner(engine, registry) as running,
        pytest.raises(RuntimeError, match=f"raised {type(error).__name__}"),
    ):
        running.end()
    registry, closed = HandlerRegistry(), []
    registry.on_shutdown(lambda: closed.append(1))
    registry.on_shutdown(raising(error))
    registry.register("work", lambda job: None)
    engine.offer("work")
    engine.work(registry)
    assert (closed, "the shutdown hook" in caplog.text) == ([1], True)


def test_hooks_run_anew_for_a_later_run_and_shutdown_only_after_a_start_up_that_went_well(
    admin: RestEngineClient, registry: HandlerRegistry
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
    with running_runner(admin, registry) as running, pytest.raises(LookupError):
        running.end()
    with running_runner(admin, registry):
        wait_for_status(admin, start_chain(admin, "work"))
    assert calls == ["open", "open", "close"]


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_handler_knows_its_job_and_lease(
    admin: RestEngineClient, registry: HandlerRegistry, kind: str
) -> None:
    def look(job: Any) -> dict[str, Any]:
        running = current_job()
        assert running.job is job
        assert running.lease_left_s is not None
        return {"left": running.lease_left_s}

    async def look_async(job: Any) -> dict[str, Any]:
        return look(job)

    registry.register("look", look if kind == "plain" else look_async)
    (instance,) = start_chain(admin, "look")
    with running_runner(admin, registry):
        wait_for_status(admin, [instance])
    assert 20 < admin.get_instance(instance)["variables"]["left"] <= 30
