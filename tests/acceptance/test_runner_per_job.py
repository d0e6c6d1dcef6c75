"""What a worker does for a job, counted rather than timed: requests, threads, wake-ups, memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.contenders import ours
from benchmarks.engines import Engine, null_engine
from benchmarks.processes import Child
from benchmarks.workflows import chain, job_types, start_many, upload
from support.fault_proxy import fault_proxy
from support.sdk_workers import running_runner
from support.waiting import wait_until
from support.wake_ups import needs_proc, wake_ups
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.shift.plan import REPORTS_WITHOUT_SLOT

JOBS = 1_000
PARALLELISM = 16
TRICKLED = 30
IDLE_POLLS = 8
# A worker's threads besides the handlers': the caller, the loop, the helper that resolves names, and the one that
# waits for the caller's stop event.
OWN_THREADS = 4


@pytest.fixture
def engine() -> Iterator[Engine]:
    with null_engine() as engine:
        yield engine


def waiting_jobs(engine: Engine, count: int) -> dict[str, Any]:
    """A definition of one step with `count` instances started."""
    definition = chain(1, "counted")
    upload(engine, definition)
    start_many(engine, definition["id"], count)
    return definition


def registry_for(definition: dict[str, Any]) -> HandlerRegistry:
    registry = HandlerRegistry()
    registry.register(job_types(definition), lambda job: {"done": True})
    return registry


def test_a_backlog_costs_one_report_a_job_and_less_than_one_poll(engine: Engine) -> None:
    definition = waiting_jobs(engine, JOBS)
    with (
        RestEngineClient(engine.url) as client,
        running_runner(client, registry_for(definition), parallelism=PARALLELISM),
    ):
        wait_until(lambda: engine.active(definition["id"]) == 0, "all instances completed", timeout_s=60)
        counts = engine.counts()
    assert counts["completed"] == counts["claimed"] == JOBS
    assert counts["failed"] == counts["late"] == 0
    assert counts["polls"] - counts["empty_polls"] < JOBS


def test_jobs_that_trickle_in_cost_one_poll_that_brings_them_and_one_report_each(engine: Engine) -> None:
    """How often is asked in vain follows the arrival rate, in simulated time (test_pacing)."""
    definition = waiting_jobs(engine, 1)
    with (
        fault_proxy(engine.url) as proxy,
        RestEngineClient(proxy.url) as client,
        running_runner(client, registry_for(definition), parallelism=PARALLELISM),
    ):
        for done in range(1, TRICKLED + 1):
            wait_until(lambda done=done: engine.counts()["completed"] == done, "the job before")
            if done < TRICKLED:
                start_many(engine, definition["id"], 1)
    counts = engine.counts()
    assert counts["completed"] == counts["claimed"] == len(proxy.paths("/complete")) == TRICKLED
    assert counts["polls"] - counts["empty_polls"] == TRICKLED
    assert counts["failed"] == counts["late"] == 0
    # One for the poll under way and one for the report: nothing is dialled for a job.
    assert proxy.connections <= 3


def test_a_slot_is_free_when_its_handler_ends_for_so_many_reports(engine: Engine) -> None:
    definition = waiting_jobs(engine, 10 * PARALLELISM)
    with (
        fault_proxy(engine.url) as proxy,
        RestEngineClient(proxy.url) as client,
    ):
        proxy.fault = lambda seen: "hang" if seen.path.endswith("/complete") else None
        runner = Runner(client, registry_for(definition), "w", PARALLELISM, drain_timeout=0.1)
        stop = threading.Event()
        thread = threading.Thread(target=runner.run, args=(stop,))
        thread.start()
        in_flight = PARALLELISM + REPORTS_WITHOUT_SLOT
        wait_until(lambda: waiting_reports(runner) == in_flight, "every slot waits for a report")
        assert engine.counts()["claimed"] == in_flight
        stop.set()
        thread.join(60)


def waiting_reports(runner: Runner) -> int:
    snapshot = runner.snapshot()
    return snapshot.waiting_reports if snapshot else 0


def test_a_worker_has_no_more_threads_than_slots_and_leaves_none_behind(engine: Engine) -> None:
    before = threading.active_count()
    definition = waiting_jobs(engine, JOBS)
    with (
        RestEngineClient(engine.url) as client,
        running_runner(client, registry_for(definition), parallelism=PARALLELISM),
    ):
        wait_until(lambda: engine.active(definition["id"]) == 0, "all instances completed", timeout_s=60)
        assert threading.active_count() <= before + PARALLELISM + OWN_THREADS
    wait_until(lambda: threading.active_count() <= before, "the worker's threads ended")


def worker_on(engine: Engine) -> Child:
    definition = waiting_jobs(engine, PARALLELISM)
    return ours().worker(engine.url, f"--job-types={job_types(definition)}")


@needs_proc
@pytest.mark.slow
def test_an_idle_worker_wakes_up_for_little_but_its_polls(engine: Engine) -> None:
    def further_polls(count: int) -> None:
        begin = engine.counts()["polls"]
        wait_until(lambda: engine.counts()["polls"] >= begin + count, f"{count} more polls")

    with worker_on(engine) as worker:
        wait_until(lambda: engine.counts()["completed"] == PARALLELISM, "the first jobs done")
        further_polls(30)  # an attentive worker has grown quiet, and the first jobs are cleaned up
        before = wake_ups(worker.pid)
        further_polls(IDLE_POLLS)
        woken = wake_ups(worker.pid) - before
    # A poll wakes the loop to send, to read and to plan the next one; between two there is half a tick.
    assert woken <= 9 * (IDLE_POLLS + 1)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_jobs_done(engine: Engine) -> None:
    engine.set_endless(on=True)
    with ours().worker(engine.url) as worker:
        wait_until(lambda: engine.counts()["completed"] > 3_000, "the worker has warmed up", timeout_s=60)
        before = worker.ask("usage")["peak_rss_mb"]
        wait_until(lambda: engine.counts()["completed"] > 13_000, "many more jobs done", timeout_s=120)
        grown_mb = worker.ask("usage")["peak_rss_mb"] - before
    # A kept job of a few hundred bytes would be 4 MB and more.
    assert grown_mb < 2.5


ONE_JOB = """
import json, sys, threading
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner

stop = threading.Event()
registry = HandlerRegistry()
registry.register("any", lambda job: stop.set())
with RestEngineClient(sys.argv[1]) as client:
    Runner(client, registry, "w", 1).run(stop)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_a_worker_that_has_done_jobs_has_loaded_neither_httpx_nor_aiohttp(engine: Engine) -> None:
    engine.set_endless(on=True)
    done = subprocess.run(
        [sys.executable, "-c", ONE_JOB, engine.url], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert "httptools" in loaded
    assert loaded & {"httpx", "httpcore", "h11", "aiohttp", "multidict", "yarl"} == set()
