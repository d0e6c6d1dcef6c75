"""The next attempt of a job comes while the one before it runs here, because somebody else has failed that."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from support.engines import running_engine
from support.sdk_workers import RunningRunner, chain, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk import current_job
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import NonRetryableError, ReleaseJobError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient

VERSIONS = ["0", "1.1.0", "leases"]
CAME = "came as its next attempt while one runs here"


@pytest.fixture(params=VERSIONS)
def admin(request: pytest.FixtureRequest) -> Iterator[RestEngineClient]:
    with running_engine(engine_version=request.param) as engine, RestEngineClient(engine.url) as client:
        yield client


class Attempts:
    """Handlers whose first attempt waits for `go_on` and then ends with `first`; the next ones succeed."""

    def __init__(self, first: BaseException | dict[str, Any], *, is_async: bool) -> None:
        self.first = first
        self.seen: list[int] = []
        self.failures: list[bool] = []
        self.ids: list[str] = []
        self.go_on = threading.Event()
        self.registry = HandlerRegistry()
        self.registry.on_failure(lambda job, error, final: self.failures.append(final))
        if is_async:

            @self.registry.handler("work")
            async def coroutine(job: Any) -> dict[str, Any]:
                return await self._wait_in_a_loop(job)

        else:

            @self.registry.handler("work")
            def function(job: Any) -> dict[str, Any]:
                return self._end(job, lambda: self.go_on.wait(60))

    async def _wait_in_a_loop(self, job: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._end, job, lambda: self.go_on.wait(60))

    def _end(self, job: Any, wait: Any) -> dict[str, Any]:
        self.seen.append(job.retries_remaining)
        self.stopping = current_job().stopping
        self.ids.append(job.job_id)
        if len(self.seen) > 1:
            return {"by": "a later attempt"}
        wait()
        if isinstance(self.first, BaseException):
            raise self.first
        return self.first


@contextmanager
def overtaken(
    admin: RestEngineClient, attempts: Attempts, caplog: pytest.LogCaptureFixture
) -> Iterator[tuple[str, RunningRunner]]:
    """An instance whose first attempt runs here and was failed by somebody else; its next attempt has come."""
    admin.upload_definition(chain("flow", "work", retries=1))
    instance = admin.start_instance("flow")["id"]
    with running_runner(admin, attempts.registry) as running:
        wait_until(lambda: attempts.ids, "the first attempt to run")
        # Under this worker's own name: the latest engine takes it from nobody else while the lease lasts.
        admin.fail_job(attempts.ids[0], "w1", "by hand")
        wait_until(lambda: CAME in caplog.text, "the next attempt to come")
        yield instance, running


@pytest.mark.parametrize("is_async", [False, True], ids=["def", "async def"])
@pytest.mark.parametrize("error", [ValueError("no"), NonRetryableError("never")], ids=["retryable", "final"])
def test_the_failure_of_an_attempt_that_somebody_else_has_failed_is_not_the_next_ones(
    admin: RestEngineClient, caplog: pytest.LogCaptureFixture, error: Exception, is_async: bool
) -> None:
    caplog.set_level("INFO", "workflow_sdk.runner")
    attempts = Attempts(error, is_async=is_async)
    with overtaken(admin, attempts, caplog) as (instance, running):
        attempts.go_on.set()
        wait_for_status(admin, [instance])
        summary = running.stop()
    assert "somebody else has failed this attempt before; its outcome counts for nothing" in caplog.text
    assert "ended otherwise" not in caplog.text
    assert attempts.seen == [1, 0]
    assert attempts.failures == [False]
    assert (summary.types["work"].done, summary.types["work"].failed) == (1, 0)


def test_the_result_of_an_attempt_that_somebody_else_has_failed_counts(
    admin: RestEngineClient, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = Attempts({"by": "the first"}, is_async=False)
    with overtaken(admin, attempts, caplog) as (instance, running):
        attempts.go_on.set()
        wait_for_status(admin, [instance])
        assert running.stop().types["work"].done == 1
    assert attempts.seen == [1]
    assert admin.get_instance(instance)["variables"]["by"] == "the first"


def test_a_job_that_is_given_back_then_runs_as_the_next_attempt(
    admin: RestEngineClient, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = Attempts(ReleaseJobError(delay=0.1), is_async=False)
    with overtaken(admin, attempts, caplog) as (instance, _):
        attempts.go_on.set()
        wait_for_status(admin, [instance])
    assert len(attempts.seen) == 2


def test_a_drain_leaves_the_next_attempt_to_others(
    admin: RestEngineClient, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = Attempts(ValueError("no"), is_async=False)
    with overtaken(admin, attempts, caplog) as (instance, running):
        running.runner.stop()
        wait_until(attempts.stopping.is_set, "the drain to begin")
        attempts.go_on.set()
        assert running.end().drained
    assert attempts.seen == [1]
    assert admin.get_instance(instance)["status"] == "ACTIVE"


class OvertakenAnswers(FakeEngineClient):
    """The answer to a second question holds the first one's job, and arrives when `is_settled` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_settled: Callable[[], bool] = lambda: False
        self.is_asked_again = threading.Event()
        self._first: list[dict[str, Any]] = []

    def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
        jobs = super().poll_jobs(worker_id, job_types, max_jobs)
        if not self._first:
            self._first = [dict(job) for job in jobs]
        elif not self.is_asked_again.is_set():
            self.is_asked_again.set()
            wait_until(self.is_settled, "the first attempt to be over")
            return self._first
        return jobs


def test_an_attempt_that_is_over_is_not_run_again_by_an_answer_that_was_on_its_way() -> None:
    engine = OvertakenAnswers()
    seen: list[int] = []
    registry = HandlerRegistry()

    @registry.handler("work")
    def handler(job: Any) -> None:
        seen.append(job.retries_remaining)
        engine.is_asked_again.wait(60)
        if len(seen) == 1:
            raise ValueError("no")

    job = engine.offer("work", retries=1)
    with running_runner(engine, registry) as running:
        engine.is_settled = lambda: bool(engine.failures) and not running.snapshot.in_flight
        wait_until(lambda: job in engine.completed, "the next attempt to be done")
        running.stop()
    assert seen == [1, 0]
