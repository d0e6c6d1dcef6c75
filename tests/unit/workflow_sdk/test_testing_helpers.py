"""workflow_sdk.testing, used as a handler author uses it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from workflow_sdk.errors import NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient, run_handler


def score(job: Any) -> dict[str, Any]:
    if not job.variables.get("applicantId"):
        raise NonRetryableError("applicantId is missing")
    return {"creditScore": 720, "retries": job.retries_remaining}


async def score_async(job: Any) -> dict[str, Any]:
    await asyncio.sleep(0)
    return score(job)


@pytest.mark.parametrize("handler", [score, score_async, lambda job: score_async(job)])
def test_a_handler_of_any_kind_runs_on_one_job(handler: Any) -> None:
    result = run_handler(handler, {"applicantId": "A-1"}, retriesRemaining=2)
    assert result.completed
    assert result.variables == {"creditScore": 720, "retries": 2}


def test_an_exception_is_a_failure_as_a_worker_would_report_it() -> None:
    result = run_handler(score)
    assert not result.completed
    assert not result.retryable
    assert result.error is not None
    assert result.error.startswith("NonRetryableError: applicantId is missing (test_testing_helpers.py:")


def test_a_handler_can_be_run_inside_a_running_loop() -> None:
    async def test() -> None:
        assert run_handler(score_async, {"applicantId": "A"}).completed

    asyncio.run(test())


def test_an_async_handlers_timeout_counts() -> None:
    async def slow(job: Any) -> None:
        await asyncio.sleep(60)

    assert "longer than its timeout" in str(run_handler(slow, timeout=0.01).error)


def test_a_worker_works_off_what_is_offered() -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    registry.register("score", score)
    registry.register("score-async", score_async)
    good = engine.offer("score", {"applicantId": "A"})
    other = engine.offer("score-async", {"applicantId": "B"})
    bad = engine.offer("score", retries=3)
    summary = engine.work(registry)
    assert set(engine.completed) == {good, other}
    assert "applicantId is missing" in engine.failed[bad]
    assert (summary.types["score"].done, summary.types["score"].failed) == (1, 1)


def test_a_failure_is_retried_while_there_are_retries() -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    seen: list[int] = []

    @registry.handler("flaky")
    def flaky(job: Any) -> None:
        seen.append(job.retries_remaining)
        if job.retries_remaining:
            raise ConnectionError("not yet")

    job_id = engine.offer("flaky", retries=2)
    engine.work(registry)
    assert seen == [2, 1, 0]
    assert job_id in engine.completed
    assert len(engine.failures) == 2


def test_jobs_that_are_never_done_are_named() -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    release = threading.Event()
    registry.register("stuck", lambda job: release.wait(60))
    engine.offer("stuck")
    with pytest.raises(TimeoutError, match="not done: job-1"):
        engine.work(registry, timeout_s=0.1)
    release.set()


def test_job_types_and_the_number_asked_for_are_respected() -> None:
    engine = FakeEngineClient()
    for name in ("a", "b", "a"):
        engine.offer(name)
    assert [job["id"] for job in engine.poll_jobs("w", ["a"], 1)] == ["job-1"]
    assert [job["id"] for job in engine.poll_jobs("w", ["a", "b"], 5)] == ["job-2", "job-3"]
    assert engine.poll_jobs("w", ["a"], 1) == []
