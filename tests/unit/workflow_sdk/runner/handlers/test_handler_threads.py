"""The threads of handlers, where the system gives only so many."""

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
from workflow_sdk.runner.daemon_loop import DaemonLoop, in_thread_or_here
from workflow_sdk.runner.handlers import handler_coroutines, handler_threads
from workflow_sdk.runner.handlers.handler_threads import HandlerThreads
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.testing import FakeEngineClient

SIZE, JOBS = 4, 6


def item(number: int) -> InFlight:
    job = job_from_poll({"id": str(number), "jobType": "a"})
    return InFlight(Claim(job), handler_of(lambda job: {}, "a"), CurrentJob(job))


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The system gives this many more threads."""
    room = {"threads": 2, "loops": 1, "helpers": 9}
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        kinds = {"async handlers": "loops", "helper": "helpers", "handler": "threads"}
        kind = next((kind for words, kind in kinds.items() if words in thread.name), None)
        if kind is not None:
            if not room[kind]:
                raise RuntimeError("can't start new thread")
            room[kind] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    for module in (handler_threads, handler_coroutines):
        monkeypatch.setattr(module, "TRY_AGAIN_S", 0.01)
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


def test_jobs_of_async_handlers_stay_with_the_engine_while_their_loop_has_no_thread(
    allowed: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    allowed.update(loops=0, threads=4)
    engine, registry = FakeEngineClient(), HandlerRegistry()
    registry.register("plain", lambda job: {})

    @registry.handler("async")
    async def later(job: dict[str, object]) -> dict[str, object]:
        return {}

    offered = [engine.offer("async") for _ in range(9)]
    with running_runner(engine, registry, parallelism=4) as running:
        wait_until(lambda: running.snapshot.shortage, "the shortage is known")
        assert running.snapshot.shortage == "the system gives no thread for async handlers"
        plain = engine.offer("plain")
        wait_until(lambda: plain in engine.completed, "others go on")
        assert set(engine.completed) == {plain}
        allowed["loops"] = 1
        wait_until(lambda: set(offered) < set(engine.completed), "all jobs are done")
        assert running.snapshot.shortage == ""
    said = [record.message for record in caplog.records if "async handler" in record.message]
    assert said == ["no async handler can run for now: can't start new thread"]


def test_what_a_plain_handler_returns_to_be_awaited_waits_for_a_thread_of_the_loop(
    allowed: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    allowed.update(loops=0, threads=4)
    engine, registry = FakeEngineClient(), HandlerRegistry()

    async def later() -> dict[str, object]:
        return {}

    registry.register("decorated", lambda job: later())
    offered = [engine.offer("decorated") for _ in range(3)]
    with running_runner(engine, registry, parallelism=4):
        wait_until(lambda: "no async handler can run" in caplog.text, "the shortage is known")
        allowed["loops"] = 1
        wait_until(lambda: set(offered) == set(engine.completed), "all jobs are done")


def test_work_waits_for_the_helper_threads_there_are_and_is_refused_without_any(
    allowed: dict[str, int],
) -> None:
    async def run() -> list[object]:
        loop, ids = asyncio.get_running_loop(), threading.get_ident
        allowed["helpers"] = 0
        with pytest.raises(BlockingIOError):
            await loop.run_in_executor(None, ids)
        assert await in_thread_or_here(ids) == ids()
        allowed["helpers"] = 2
        for _ in range(2):  # more at once than threads, then one after the other
            await asyncio.gather(*(loop.run_in_executor(None, ids) for _ in range(9)))
        return [await loop.run_in_executor(None, ids) for _ in range(3)]

    with asyncio.Runner(loop_factory=DaemonLoop) as runner:
        assert threading.get_ident() not in runner.run(run())
    assert allowed["helpers"] == 0
