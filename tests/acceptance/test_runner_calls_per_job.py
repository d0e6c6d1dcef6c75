"""What a job costs a worker in system calls, bytes, futures and timers, counted from within.

A bound is what a job and a poll need, and a little for the life around them. Who makes a worker need less lowers it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.engines import Engine, null_engine
from benchmarks.workflows import chain, job_types, start_many, upload
from support.counted_work import Spent, count_worker
from support.sdk_workers import running_runner
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry

WORKER = "counted"
BACKLOG = 2_000
TRICKLED = 120


@pytest.fixture
def engine() -> Iterator[Engine]:
    with null_engine() as engine:
        yield engine


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    return count_worker(monkeypatch, WORKER)


def spent(engine: Engine, counts: Counter[str], *, backlog: int, trickled: int = 0) -> Spent:
    """A worker's whole life: a backlog first, then jobs that come when the one before is done."""
    definition = chain(1, "counted")
    upload(engine, definition)
    start_many(engine, definition["id"], backlog)
    registry = HandlerRegistry()
    registry.register(job_types(definition), lambda job: {"done": True})
    begun_s = time.monotonic()
    with (
        RestEngineClient(engine.url) as client,
        running_runner(client, registry, worker_id=WORKER, parallelism=16),
    ):
        for count in range(backlog, backlog + trickled + 1):
            wait_until(lambda count=count: engine.counts()["completed"] == count, "the jobs so far")
            if count < backlog + trickled:
                start_many(engine, definition["id"], 1)
    took_s = time.monotonic() - begun_s
    asked = engine.counts()
    assert asked["completed"] == asked["claimed"] == backlog + trickled
    return Spent(counts, jobs=asked["completed"], polls=asked["polls"], took_s=took_s)


def test_a_job_of_a_backlog_costs_one_write_one_read_and_neither_future_nor_task(
    engine: Engine, counts: Counter[str]
) -> None:
    job = spent(engine, counts, backlog=BACKLOG)
    assert counts["writes"] == job.jobs + job.polls
    assert job.is_within("reads", per_job=1.01, per_poll=1.1)
    assert job.is_within("futures", per_job=0, per_poll=3)
    assert job.is_within("timers", per_job=0, per_poll=2, per_tick=1)
    assert job.is_within("tasks", per_job=0)
    # Of a job's own: that its handler, or one of those that end meanwhile, has ended.
    assert job.is_within("callbacks", per_job=0.6, per_poll=3, per_tick=1)
    # One wake-up of the loop for all handlers that end meanwhile; a turn of it serves several answers.
    assert job.is_within("wakes", per_job=0.6)
    assert job.is_within("waits", per_job=1, per_poll=2, per_tick=1)


def test_a_job_that_comes_alone_costs_no_more_than_its_three_events(
    engine: Engine, counts: Counter[str]
) -> None:
    """The poll's answer, the handler's end, the report's answer: each is a turn of the loop, and one for who waited."""
    job = spent(engine, counts, backlog=1, trickled=TRICKLED)
    assert counts["writes"] == job.jobs + job.polls
    assert job.is_within("reads", per_job=1, per_poll=1)
    assert job.is_within("futures", per_job=0, per_poll=2)
    assert job.is_within("timers", per_job=0, per_poll=1, per_tick=1)
    assert job.is_within("tasks", per_job=0)
    assert job.is_within("callbacks", per_job=1, per_poll=3, per_tick=1)
    assert job.is_within("wakes", per_job=1)
    # For a poll: the end of the sleep before it, and the answer.
    assert job.is_within("waits", per_job=4, per_poll=4, per_tick=1)


def test_a_request_is_its_body_and_some_two_hundred_bytes(engine: Engine, counts: Counter[str]) -> None:
    job = spent(engine, counts, backlog=BACKLOG)
    body = b'{"workerId":"counted","variables":{"done":true}}'
    asked = b'{"workerId":"counted","jobTypes":["bench-counted-0123456789abcdef-0"],"maxJobs":16}'
    assert counts["bytes"] <= job.jobs * (len(body) + 200) + job.polls * (len(asked) + 200)
