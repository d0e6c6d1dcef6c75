"""What a request costs the engine's own code, counted: no clock is as steady on a busy machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.services import instances, jobs
from rochallor_cli.dev_engine.services.resources import Resources
from support.use_cases import UseCases
from support.workflows import document, service


class Counted(UseCases):
    """Counts the calls of functions of Python's."""

    def calls_of(self, work: Callable[[Resources], Any]) -> int:
        calls = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event == "call"

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            self.do(work)
        finally:
            sys.setprofile(before)
        return calls


@pytest.fixture
def engine() -> Iterator[Counted]:
    counted = Counted()
    counted.upload(document(service("work")))
    for _ in range(70):
        counted.do(start)
    yield counted
    counted.connection.close()


def start(resources: Resources) -> Any:
    variables = Variables(values={"n": 1})
    return instances.start_instance(resources, "flow", version=0, variables=variables, business_key=None)


def poll(resources: Resources, count: int) -> Any:
    return jobs.poll_jobs(resources, "w", job_types=["work"], max_jobs=count)


def test_a_completion_is_made_in_few_calls(engine: Counted) -> None:
    done = {"done": True}
    # The first of its kind fills what is kept at hand.
    for most in (130, 106):
        (job,) = engine.do(lambda resources: poll(resources, 1))
        calls = engine.calls_of(
            lambda resources, job=job: jobs.complete_job(resources, job.id, done, worker_id="w")
        )
        assert calls <= most


def test_a_start_is_made_in_few_calls(engine: Counted) -> None:
    assert engine.calls_of(start) <= 78


def test_a_leased_job_more_costs_few_calls_more(engine: Counted) -> None:
    one, many = (engine.calls_of(lambda resources, count=count: poll(resources, count)) for count in (1, 33))
    assert (many - one) / 32 <= 7
