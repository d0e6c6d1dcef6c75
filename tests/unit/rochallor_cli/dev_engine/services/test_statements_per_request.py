"""What a request asks of the database, counted: few statements, and none that walks through a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.services import instances, jobs
from rochallor_cli.dev_engine.services.resources import Resources
from support.use_cases import UseCases

DEFINITION = {
    "id": "two-steps",
    "name": "Two steps",
    "steps": [
        {"id": "a", "name": "A", "type": "SERVICE_TASK", "jobType": "a", "nextStep": "b", "retryCount": 2},
        {"id": "b", "name": "B", "type": "SERVICE_TASK", "jobType": "b", "nextStep": "end"},
        {"id": "end", "name": "End", "type": "END"},
    ],
}
BOOKKEEPING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "EXPLAIN")


def start(resources: Resources) -> Any:
    variables = Variables(values={"n": 1})
    return instances.start_instance(resources, "two-steps", version=0, variables=variables, business_key=None)


class Counted(UseCases):
    """Writes down the statements that the database is given."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: list[str] = []
        self.connection.set_trace_callback(self._seen.append)

    def statements_of(self, work: Callable[[Resources], Any]) -> list[str]:
        """The statements of one request; the transaction around it is shared with others and left out."""
        self._seen.clear()
        self.do(work)
        return [each for each in self._seen if not each.startswith(BOOKKEEPING)]

    def bookkeeping_of(self, work: Callable[[Resources], Any]) -> list[str]:
        """What besides its own statements is run for a request that is alone."""
        self._seen.clear()
        with suppress(Refused):
            self.do(work)
        return [each.split()[0] for each in self._seen if each.startswith(BOOKKEEPING)]

    def start(self, count: int = 1) -> None:
        for _ in range(count):
            self.do(start)

    def claim(self, job_type: str, count: int = 1) -> list[str]:
        return [
            job.id
            for job in self.do(
                lambda resources: jobs.poll_jobs(resources, "w", job_types=[job_type], max_jobs=count)
            )
        ]

    def walks(self, statements: list[str]) -> list[str]:
        """The statements that read a whole table or sort what they found."""
        plans = {
            each: self.connection.execute(f"EXPLAIN QUERY PLAN {each}").fetchall() for each in statements
        }
        return [
            statement
            for statement, plan in plans.items()
            if any(detail.startswith("SCAN") or "TEMP B-TREE" in detail for *_, detail in plan)
        ]


@pytest.fixture
def engine() -> Iterator[Counted]:
    counted = Counted()
    counted.upload(DEFINITION)
    counted.start(50)
    yield counted
    counted.connection.close()


def test_starting_an_instance_writes_it_its_step_and_its_job(engine: Counted) -> None:
    statements = engine.statements_of(start)
    assert len(statements) <= 4
    assert engine.walks(statements) == []


def test_a_poll_takes_one_look_a_type_and_one_write_a_job(engine: Counted) -> None:
    statements = engine.statements_of(
        lambda resources: jobs.poll_jobs(resources, "w", job_types=["a", "b", "c"], max_jobs=10)
    )
    assert len(statements) == 3 + 10
    assert engine.walks(statements) == []


def test_an_empty_poll_writes_nothing(engine: Counted) -> None:
    statements = engine.statements_of(
        lambda resources: jobs.poll_jobs(resources, "w", job_types=["nothing"], max_jobs=64)
    )
    assert len(statements) == 1
    assert statements[0].startswith("SELECT")


def test_a_completion_costs_a_handful_of_statements_and_walks_no_table(engine: Counted) -> None:
    (job_id,) = engine.claim("a")
    statements = engine.statements_of(lambda resources: jobs.complete_job(resources, job_id, {"done": True}))
    assert len(statements) <= 7
    assert engine.walks(statements) == []


@pytest.mark.parametrize("retryable", [True, False])
def test_a_failure_costs_a_handful_of_statements(engine: Counted, retryable: bool) -> None:
    (job_id,) = engine.claim("a")
    statements = engine.statements_of(
        lambda resources: jobs.fail_job(resources, job_id, "no", retryable=retryable)
    )
    assert len(statements) <= 6
    assert engine.walks(statements) == []


def test_neither_what_is_done_nor_what_is_refused_has_a_savepoint(engine: Counted) -> None:
    (job_id,) = engine.claim("a")
    for job in (job_id, "unknown"):
        found = engine.bookkeeping_of(lambda resources, job=job: jobs.complete_job(resources, job, {}))
        assert found == ["BEGIN", "COMMIT"]


def test_reading_an_instance_is_one_statement(engine: Counted) -> None:
    instance_id = engine.do(start).id
    assert len(engine.statements_of(lambda resources: instances.get_instance(resources, instance_id))) == 1


def test_a_sweep_without_expired_leases_touches_no_job(engine: Counted) -> None:
    statements = engine.statements_of(jobs.sweep_leases)
    assert len(statements) == 1
    assert engine.walks(statements) == []


def test_statements_are_seen_by_the_count(engine: Counted) -> None:
    assert engine.statements_of(lambda resources: resources.store.jobs.find("none")) != []
    assert engine.walks(["SELECT * FROM job"]) == ["SELECT * FROM job"]
