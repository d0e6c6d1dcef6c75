"""A real worker host while its engine is in trouble: what ran, how often, and what was reported, counted."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.engines import running_engine
from support.fault_proxy import FaultProxy, fault_proxy
from support.waiting import wait_until
from support.worker_host import (
    Workplace,
    count_of,
    start_jobs,
    wait_until_completed,
    worker_host,
)
from workflow_sdk.client.rest import RestEngineClient

HANDLERS = """
@registry.handler("counted")
def counted(job):
    note(job)
    time.sleep(0.1)
    return {"done": True}

@registry.handler("gated")
def gated(job):
    note(job)
    wait_for_file("go")
    return {"done": True}
"""
JOBS = 60


@pytest.fixture
def place(tmp_path) -> Workplace:
    place = Workplace(tmp_path)
    place.write_handlers(HANDLERS)
    return place


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    # A poll whose answer is lost has claimed jobs: they come again when their lease ends.
    with running_engine(lease_s=8.0, sweep_s=1.0) as engine, fault_proxy(engine.url) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[RestEngineClient]:
    """Past the proxy, to the engine itself."""
    with RestEngineClient(proxy.target) as client:
        yield client


def requests_of_workers(proxy: FaultProxy) -> int:
    return len(proxy.seen)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["bad-gateway", "too-many", "cut", "cut-before", "hang"])
def test_no_job_is_lost_or_run_twice_while_requests_go_wrong(place, proxy, client, fault) -> None:
    Path(place.folder, "workers.yaml").write_text(
        f"engine: {{url: '{proxy.url}', timeout: 1s}}\n"
        "workers: [{id: web, modules: [handlers.py], parallelism: 8}]\n"
    )
    with worker_host("--config", "workers.yaml", folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(client, "counted", JOBS)
        wait_until(lambda: len(place.notes()) >= 16, "jobs are under way")
        before = requests_of_workers(proxy)
        proxy.always(fault)
        wait_until(lambda: requests_of_workers(proxy) >= before + 8, f"8 requests met {fault}")
        host.wait_for("WARNING engine ")
        proxy.always(None)
        wait_until_completed(client, JOBS)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert (len(place.notes()), place.ran_twice()) == (JOBS, {})
    assert proxy.overlapping == []
    # One line when it went, one when it came back: no line per try.
    assert 1 <= host.said().count("WARNING engine ") <= host.said().count("engine reachable again") + 1


def test_an_engine_whose_name_is_gone_is_waited_for(place) -> None:
    with worker_host("-m", "handlers.py", url="http://engine.invalid:8080", folder=place.folder) as host:
        host.wait_for("WARNING engine unreachable: ")
        assert "http://engine.invalid:8080" in host.said()
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()


def test_results_that_cannot_be_reported_are_left_at_the_deadline_and_named(place, proxy, client) -> None:
    arguments = ("-m", "handlers.py", "--drain-timeout", "1")
    with worker_host(*arguments, url=proxy.url, folder=place.folder) as host:
        host.wait_for("ready")
        (instance,) = start_jobs(client, "gated", 1)
        wait_until(lambda: len(place.notes()) == 1, "the job has begun")
        proxy.always("cut-before")
        place.let_go("go")
        host.wait_for("engine unreachable")
        host.send(signal.SIGTERM)
        assert host.wait() == 11, host.said()
        (job_id,) = place.notes()
        assert f"{job_id}  gated  instance {instance}" in host.said()
    assert count_of(client, "COMPLETED") == 0


def test_results_wait_for_an_engine_that_comes_back_during_the_drain(place, proxy, client) -> None:
    arguments = ("-m", "handlers.py", "--drain-timeout", "600")
    with worker_host(*arguments, url=proxy.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(client, "gated", 8)
        wait_until(lambda: len(place.notes()) == 8, "the jobs have begun")
        proxy.always("cut-before")
        host.send(signal.SIGTERM)
        host.wait_for("stopping: 8 jobs in flight")
        place.let_go("go")
        host.wait_for("engine unreachable")
        proxy.always(None)
        assert host.wait() == 0, host.said()
    assert count_of(client, "COMPLETED") == 8
    assert place.ran_twice() == {}
