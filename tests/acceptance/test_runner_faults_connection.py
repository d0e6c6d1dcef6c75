"""A polling runner and a connection that is not there: at the start, by name, or open and silent."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from support.engines import running_engine
from support.fault_proxy import fault_proxy
from support.sdk_workers import Executions, chain, registry_of, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def registry(executions: Executions) -> HandlerRegistry:
    return registry_of(executions)


@pytest.fixture
def held() -> Iterator[socket.socket]:
    """A port that nobody else gets and that refuses connections, until it is closed."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def start(admin: RestEngineClient, count: int) -> list[str]:
    admin.upload_definition(chain("flow", "work"))
    return [admin.start_instance("flow")["id"] for _ in range(count)]


def test_an_engine_that_is_not_there_at_the_start_is_waited_for(
    registry: HandlerRegistry, executions: Executions, held: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    port = held.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with RestEngineClient(url) as client, running_runner(client, registry) as running:
        wait_until(lambda: running.snapshot.engine_reachable is False, "the absence to be noticed")
        held.close()
        with running_engine(port=port), RestEngineClient(url) as admin:
            wait_for_status(admin, start(admin, 10))
            assert running.snapshot.engine_reachable
            running.stop()
    assert executions.total == 10
    said = [record.message for record in caplog.records if record.message.startswith("engine ")]
    assert said[0].startswith(f"engine unreachable: connection refused ({url}). Retrying; 0 results waiting")
    assert "reachable again" in said[1]
    assert len(said) == 2


def test_a_name_that_cannot_be_resolved_is_said_and_does_not_hold_up_the_stop(
    registry: HandlerRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        RestEngineClient("http://engine.invalid:8080") as client,
        running_runner(client, registry) as running,
    ):
        wait_until(lambda: "the host name cannot be resolved" in caplog.text, "the reason")
        assert running.stop().drained


@pytest.mark.slow
def test_connections_that_stay_open_and_silent_lose_nothing(executions: Executions) -> None:
    release = threading.Event()
    registry = registry_of(executions, lambda job: release.wait(60))
    with (
        running_engine() as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url, timeout=0.3) as client,
    ):
        instances = start(admin, 12)
        with running_runner(client, registry) as running:
            wait_until(lambda: executions.total == 12, "all jobs to run")
            proxy.always("hang")
            release.set()
            wait_until(lambda: running.snapshot.engine_reachable is False, "the silence to be noticed")
            proxy.always(None)
            wait_for_status(admin, instances)
    assert executions.total == 12
    assert executions.twice == []
    assert proxy.overlapping == []


def test_a_stop_while_the_engine_is_away_ends_with_the_drain_and_names_what_was_not_reported(
    executions: Executions,
) -> None:
    release = threading.Event()
    registry = registry_of(executions, lambda job: release.wait(60))
    with (
        running_engine() as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url) as client,
    ):
        start(admin, 3)
        with running_runner(client, registry, drain_timeout=0.5) as running:
            wait_until(lambda: executions.total == 3, "all jobs to run")
            proxy.always("bad-gateway")
            release.set()
            wait_until(lambda: running.snapshot.waiting_reports == 3, "the results to wait")
            summary = running.stop()
    assert len(summary.abandoned) == 3
    assert not summary.drained


@pytest.mark.slow
def test_a_gateway_that_refuses_is_named_and_asked_again_slowly(
    registry: HandlerRegistry, executions: Executions, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        running_engine() as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url) as client,
    ):
        proxy.always("unauthorized")
        with running_runner(client, registry):
            wait_until(lambda: len(proxy.seen) == 2, "a second try")
            proxy.always(None)
            wait_for_status(admin, start(admin, 3))
    assert proxy.seen[1].at - proxy.seen[0].at >= 4.5
    assert "engine refuses requests: it answers 401, Unauthorized" in caplog.text
    assert executions.total == 3
