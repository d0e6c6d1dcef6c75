"""Jobs that their handlers give back: however it is raised, nothing is reported and the job runs again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from workflow_sdk.errors import NonRetryableError, ReleaseJobError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient, run_handler

Giving = Callable[[ReleaseJobError], Any]


def raised(error: ReleaseJobError) -> None:
    raise error


def in_a_group(error: ReleaseJobError) -> None:
    raise ExceptionGroup("outer", [ExceptionGroup("inner", [error]), ValueError("while the others end")])


async def awaited(error: ReleaseJobError) -> None:
    await asyncio.sleep(0)
    raise error


async def by_a_task(error: ReleaseJobError) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(awaited(error))
        group.create_task(asyncio.sleep(60))


def register(registry: HandlerRegistry, job_type: str, give: Giving, error: ReleaseJobError) -> None:
    """A plain and an async handler that give their job back so at its first run, and complete it at the second."""

    def handler(runs: list[int]) -> Any:
        runs.append(1)
        return give(error) if len(runs) == 1 else {"runs": len(runs)}

    plain_runs: list[int] = []
    async_runs: list[int] = []

    async def handler_async(job: Any) -> Any:
        result = handler(async_runs)
        return await result if asyncio.iscoroutine(result) else result

    registry.register(job_type, lambda job: handler(plain_runs))
    registry.register(f"{job_type} async", handler_async)


def results_of(registry: HandlerRegistry) -> dict[str, Any]:
    """What one job of each type was completed with, all of them at work at once: each waits a second."""
    engine = FakeEngineClient()
    jobs = {job_type: engine.offer(job_type) for job_type in registry.job_types()}
    engine.work(registry, timeout_s=60)
    assert engine.failures == []
    return {job_type: engine.completed[job_id] for job_type, job_id in jobs.items()}


def test_a_job_given_back_with_a_delay_runs_again_without_a_report() -> None:
    registry = HandlerRegistry()
    for give in (raised, in_a_group, awaited, by_a_task):
        register(registry, give.__name__, give, ReleaseJobError("the partner is closed", delay=0.1))
    assert results_of(registry) == {key: {"runs": 2} for key in registry.job_types()}


NO_TIMES: list[Any] = [float("nan"), float("inf"), 10**400, "5", object()]


def test_a_delay_that_is_no_time_costs_neither_job_nor_slot(caplog) -> None:
    registry = HandlerRegistry()
    for delay in [0, -3.5, *NO_TIMES]:
        register(registry, f"{delay!r:.9}", raised, ReleaseJobError("not now", delay=delay))
    assert results_of(registry) == {key: {"runs": 2} for key in registry.job_types()}
    assert caplog.text.count("which is no number of seconds") == 2 * len(NO_TIMES)


def test_an_error_that_forbids_a_retry_counts_before_one_that_gives_the_job_back() -> None:
    def handler(job: Any) -> None:
        raise ExceptionGroup("both", [ReleaseJobError(delay=1), NonRetryableError("card is stolen")])

    result = run_handler(handler)
    assert (result.released, result.retryable) == (False, False)
    assert "card is stolen" in str(result.error)
