"""A worker is ready when it is able to take a job: of any type that it serves."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.workers.runner_status import places_of, status_of
from support.sdk_workers import running_runner
from support.waiting import wait_until
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient


def worker(*job_types: str) -> WorkerConfig:
    return WorkerConfig(worker_id="w1", modules=("h.py",), parallelism=4, job_types=job_types)


@pytest.fixture
def go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def registry(go: threading.Event) -> HandlerRegistry:
    registry = HandlerRegistry()
    registry.register("two", lambda job: go.wait(60) and None, parallelism=2)
    registry.register("one", lambda job: go.wait(60) and None, parallelism=1)
    registry.register("any", lambda job: None)
    return registry


@pytest.mark.parametrize(
    ("job_types", "places"), [((), 4), (("two",), 2), (("two", "one"), 3), (("two", "any"), 4)]
)
def test_places_are_those_of_the_types_that_are_served(
    registry: HandlerRegistry, job_types: tuple[str, ...], places: int
) -> None:
    assert places_of(worker(*job_types), registry) == places


@pytest.mark.parametrize(("job_types", "is_ready"), [(("two", "one"), False), (("two", "one", "any"), True)])
def test_a_worker_whose_types_are_all_at_their_limits_is_blocked(
    registry: HandlerRegistry, go: threading.Event, job_types: tuple[str, ...], is_ready: bool
) -> None:
    engine, config = FakeEngineClient(), worker(*job_types)
    for job_type in ("two", "two", "one"):
        engine.offer(job_type)
    with running_runner(engine, registry, parallelism=4, job_types=job_types) as running:
        wait_until(lambda: len(running.snapshot.in_flight) == 3, "all three run")
        places = places_of(config, registry)
        status = status_of(config, "poll", running.snapshot, places=places, blocked_after_s=0.0)
        go.set()
    assert (status.is_ready, "blocked: 3 of 3 slots taken" in status.blocked) == (is_ready, not is_ready)
