"""Registries of the user's own, subclasses and others: what `get` and `job_types` say is what runners do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from rochallor_cli.handler_modules.loading import merged
from workflow_sdk.handler.foreign_registry import registry_for_runner
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.runner import Runner
from workflow_sdk.testing import FakeEngineClient


def plain(job: Any) -> dict[str, Any]:
    return {"seen": job["variables"]["n"]}


async def coroutine(job: Any) -> dict[str, Any]:
    await asyncio.sleep(0)
    return plain(job)


class Wrapping(HandlerRegistry):
    """Gives another function than the one that was registered, a new one each time."""

    def get(self, job_type: str) -> Callable[..., Any] | None:
        inner = super().get(job_type)
        return None if inner is None else lambda job: {**_result(inner(job)), "wrapped": True}


def _result(found: Any) -> Any:
    return asyncio.run(found) if asyncio.iscoroutine(found) else found


class Prefixed(HandlerRegistry):
    """Serves its types under another name."""

    def job_types(self) -> list[str]:
        return [f"{job_type}-work" for job_type in super().job_types()]

    def get(self, job_type: str) -> Callable[..., Any] | None:
        return super().get(job_type.removesuffix("-work"))


class Uninitialised(HandlerRegistry):
    """A subclass that keeps everything itself."""

    def __init__(self) -> None:
        self.functions: dict[str, Any] = {}

    def register(self, job_type: str, handler: Any = None, **_: Any) -> Any:
        self.functions[job_type] = handler

    def job_types(self) -> list[str]:
        return list(self.functions)

    def get(self, job_type: str) -> Any:
        return self.functions.get(job_type)


class Foreign:
    """No subclass at all."""

    def __init__(self) -> None:
        self.functions: dict[str, Any] = {}

    register = Uninitialised.register
    job_types = Uninitialised.job_types
    get = Uninitialised.get


# Job type as it is registered, as the engine names it, and what is in the result besides.
KINDS: dict[type[Any], tuple[str, dict[str, Any]]] = {
    HandlerRegistry: ("t", {}),
    Wrapping: ("t", {"wrapped": True}),
    Prefixed: ("t-work", {}),
    Uninitialised: ("t", {}),
    Foreign: ("t", {}),
}


@pytest.mark.parametrize("handler", [plain, coroutine])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_runner_does_what_get_gives(kind: type[Any], handler: Callable[..., Any]) -> None:
    job_type, besides = KINDS[kind]
    registry = kind()
    registry.register("t", handler)
    engine = FakeEngineClient()
    job_ids = [engine.offer(job_type, {"n": number}) for number in range(3)]
    engine.work(registry)
    assert [engine.completed[job_id] for job_id in job_ids] == [{"seen": n, **besides} for n in range(3)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kafka_runner_serves_what_job_types_names(kind: type[Any]) -> None:
    registry = kind()
    registry.register("t", plain)
    runner = KafkaRunner("w", "127.0.0.1:1", FakeEngineClient(), registry)
    assert list(runner._registry.handlers()) == [KINDS[kind][0]]


@pytest.mark.parametrize("kind", [HandlerRegistry, Wrapping, Prefixed])
def test_a_merged_registry_keeps_what_a_subclass_gives(kind: type[HandlerRegistry]) -> None:
    registry = kind()
    registry.register("t", plain, parallelism=3)
    job_type, besides = KINDS[kind]
    handler = merged([registry, HandlerRegistry()]).handlers()[job_type]
    assert handler.callable({"variables": {"n": 1}}) == {"seen": 1, **besides}
    assert handler.parallelism == (3 if job_type == "t" else None)


def test_a_get_that_gives_nothing_fails_the_job_that_asks() -> None:
    class Empty(Foreign):
        def get(self, job_type: str) -> Any:
            return None

    registry = Empty()
    registry.register("t", plain)
    engine = FakeEngineClient()
    job_id = engine.offer("t")
    engine.work(registry)
    assert "no handler" in engine.failed[job_id]


def test_a_get_that_raises_fails_the_job_that_asks() -> None:
    class Broken(Foreign):
        def get(self, job_type: str) -> Any:
            raise LookupError("the catalogue is away")

    registry = Broken()
    registry.register("t", plain)
    engine = FakeEngineClient()
    job_id = engine.offer("t")
    engine.work(registry)
    assert "the catalogue is away" in engine.failed[job_id]


def test_a_function_that_get_gives_again_is_described_once() -> None:
    registry = Foreign()
    registry.register("t", plain)
    seen = registry_for_runner(registry)
    assert seen.find("t") is seen.find("t")


@pytest.mark.parametrize("nothing", [None, {}, ModuleType("m"), object()])
def test_what_cannot_be_a_registry_is_said_at_once(nothing: Any) -> None:
    with pytest.raises(TypeError, match="job_types and get"):
        Runner(FakeEngineClient(), nothing, "w")
