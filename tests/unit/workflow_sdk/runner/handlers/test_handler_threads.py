"""The threads of plain handlers, where the system gives only so many."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.workers.runner_status import status_of
from support.sdk_workers import running_runner
from support.waiting import wait_until
from workflow_sdk.handler.handler import handler_of
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.handlers import handler_threads
from workflow_sdk.runner.handlers.handler_threads import HandlerThreads
from workflow_sdk.runner.job.claim import claim_of
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.testing import FakeEngineClient

SIZE, JOBS = 4, 6


def item(number: int) -> InFlight:
    job = job_from_poll({"id": str(number), "jobType": "a"})
    return InFlight(claim_of(job), handler_of(lambda job: {}, "a"), CurrentJob(job), 0.0)


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The system gives this many more threads."""
    room = {"threads": 2}
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if "handler" in thread.name:
            if not room["threads"]:
                raise RuntimeError("can't start new thread")
            room["threads"] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    monkeypatch.setattr(handler_threads, "TRY_AGAIN_S", 0.01)
    return room


def test_jobs_run_in_the_threads_there_are_and_no_more_are_asked_for(
    allowed: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int | None] = []

    async def run() -> None:
        all_done, recovered, done = asyncio.Event(), asyncio.Event(), []

        def finished(one: InFlight) -> None:
            done.append(one)
            if len(done) == JOBS:
                all_done.set()

        def at_most(threads: int | None) -> None:
            told.append(threads)
            if threads is None:
                recovered.set()

        threads = HandlerThreads(
            name="w", size=SIZE, done=finished, loop=asyncio.get_running_loop(), at_most=at_most
        )
        for number in range(JOBS):
            threads.submit(item(number))
        async with asyncio.timeout(60):
            await all_done.wait()
            assert set(told) == {2}
            allowed["threads"] = SIZE
            await recovered.wait()
        threads.close()

    asyncio.run(run())
    assert told[-2:] == [3, None]
    assert [record.message for record in caplog.records] == [
        "no more than 2 handlers at the same time: can't start new thread"
    ]


def test_a_runner_without_any_thread_says_so_claims_nothing_and_goes_on_once_there_is_one(
    allowed: dict[str, int],
) -> None:
    allowed["threads"] = 0
    engine, registry = FakeEngineClient(), HandlerRegistry()
    registry.register("a", lambda job: {})
    for _ in range(3):
        engine.offer("a")
    with running_runner(engine, registry, parallelism=4) as running:
        wait_until(lambda: running.snapshot.shortage, "the shortage is known")
        status = status_of(
            WorkerConfig(worker_id="w1", modules=("h.py",)),
            "poll",
            running.snapshot,
            places=4,
            blocked_after_s=60,
        )
        assert (status.is_ready, status.unready_reason) == (False, "the system gives no thread for a handler")
        engine.offer("a")
        assert engine.completed == {}
        allowed["threads"] = 1
        wait_until(lambda: len(engine.completed) == 4, "all jobs are done")
        assert running.snapshot.shortage == ""
