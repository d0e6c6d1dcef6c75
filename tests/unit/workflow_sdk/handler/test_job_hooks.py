"""Hooks of a registry: what could never run is refused when it is registered, not at the first job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient


def around(job: Any) -> Iterator[None]:
    yield


async def around_async(job: Any) -> AsyncIterator[None]:
    yield


async def no_manager(job: Any) -> None: ...


class Pool:
    def open(self) -> None: ...


@pytest.mark.parametrize(
    ("kind", "hook", "said"),
    [
        ("on_startup", Pool.open, "it is a method without its object"),
        ("on_startup", lambda: (yield), "is a generator: it would never run"),
        ("on_startup", lambda job: None, "cannot be called without arguments"),
        ("on_shutdown", lambda: (yield), "is a generator: it would never run"),
        ("on_shutdown", 3, "which cannot be called"),
        ("around_job", lambda: (yield), "cannot be called with the job alone"),
        ("around_job", no_manager, "gives no context manager"),
        ("on_failure", lambda job, error: None, "cannot be called with job, error and final"),
        ("on_failure", lambda job, error, final: (yield), "is a generator: it would never run"),
    ],
)
def test_a_hook_that_could_never_run_is_refused(kind: str, hook: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        getattr(HandlerRegistry(), kind)(hook)


@pytest.mark.parametrize(
    ("kind", "hook"),
    [
        ("on_startup", Pool().open),
        ("on_startup", lambda pool=None: None),
        ("around_job", around),
        ("around_job", contextmanager(around)),
        ("around_job", around_async),
        ("around_job", asynccontextmanager(around_async)),
        ("on_failure", lambda *what: None),
    ],
)
def test_a_hook_that_can_run_is_taken(kind: str, hook: Any) -> None:
    registry = HandlerRegistry()
    assert getattr(registry, kind)(hook) is hook


@pytest.mark.parametrize("hook", [around_async, asynccontextmanager(around_async)])
@pytest.mark.parametrize("hook_is_first", [True, False])
def test_an_async_hook_around_jobs_and_a_plain_handler_refuse_each_other(
    hook: Any, hook_is_first: bool
) -> None:
    registry = HandlerRegistry()
    both = [lambda: registry.around_job(hook), lambda: registry.register("plain", lambda job: None)]
    first, second = both if hook_is_first else both[::-1]
    first()
    with pytest.raises(TypeError, match=r"'plain', .*, runs in a thread"):
        second()


def test_a_hook_is_around_what_a_plain_handler_returns_to_be_awaited() -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    steps: list[str] = []

    @registry.around_job
    def connection(job: Any) -> Iterator[None]:
        steps.append("open")
        yield
        steps.append("close")

    async def work() -> None:
        steps.append("work")

    registry.register("wrapped", lambda job: work())
    engine.offer("wrapped")
    engine.work(registry)
    assert steps == ["open", "work", "close"]


@pytest.mark.parametrize("kind", ["plain", "async", "awaited"])
def test_a_hook_that_takes_the_handlers_exception_completes_the_job_with_nothing(kind: str) -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()

    @registry.around_job
    def forgiving(job: Any) -> Iterator[None]:
        with suppress(ValueError):
            yield

    def plain(job: Any) -> None:
        raise ValueError("not this time")

    async def work(job: Any) -> None:
        plain(job)

    registry.register("work", {"plain": plain, "async": work, "awaited": lambda job: work(job)}[kind])
    job_id = engine.offer("work")
    engine.work(registry, parallelism=1)
    assert (engine.completed, engine.failures) == ({job_id: {}}, [])
