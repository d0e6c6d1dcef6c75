"""A request's work for the database does not grow with what the database holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rochallor_cli.dev_engine.clock import HandClock
from rochallor_cli.dev_engine.records import Variables
from rochallor_cli.dev_engine.services import instances, jobs, timers
from rochallor_cli.dev_engine.services.resources import Resources
from support.use_cases import UseCases
from support.workflows import document, service, timer, user_task, wait

FLOW = document(
    service("work", "ask", retryCount=3, boundaryEvents=[timer("PT1H", "late", interrupting=False)]),
    user_task("ask", "hold"),
    wait("hold"),
    service("late"),
)
MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
# Instances with a history, offered and leased jobs of our type and of others, and timers to come.
CROWD = (
    (
        "INSERT INTO instance (id, definition_id, definition_version, status, current_step_ids, variables,"
        " entered, completed, started_ns, business_key) SELECT 'I' || i, 'flow', 1, 'ACTIVE', '[\"work\"]',"
        " '{{\"a\":1}}', '{{}}', '{{}}', i, 'bk' || i FROM n"
    ),
    (
        "INSERT INTO execution (instance_id, step_id, attempt, id, step_type, status, started_ns)"
        " SELECT 'I' || i, 'work', 1, 'E' || i, 'SERVICE_TASK', 'RUNNING', i FROM n"
    ),
    (
        "INSERT INTO job (id, instance_id, execution_id, step_id, attempt, job_type, status, retries_remaining,"
        " variables, created_ns, lock_expires_ns) SELECT 'J' || i, 'I' || i, 'E' || i, 'work', 1,"
        " CASE i % 3 WHEN 0 THEN 'work' ELSE 'other' || (i % 50) END,"
        " CASE i % 2 WHEN 0 THEN 'OFFERED' ELSE 'LOCKED' END, 0, '{{}}', i, {far} + i FROM n"
    ),
    (
        "INSERT INTO timer (id, instance_id, execution_id, step_id, attempt, fires_ns, interrupting,"
        " target_step_id) SELECT 'T' || i, 'I' || i, 'E' || i, 'work', 1, {far} + i, 0, 'late' FROM n"
    ),
    (
        "INSERT INTO user_task (instance_id, step_id, attempt, id, execution_id)"
        " SELECT 'I' || i, 'late', 1, 'U' || i, 'E' || i FROM n"
    ),
)


class Loaded(UseCases):
    """The database holds so many other instances; counts the database's own steps."""

    def __init__(self, count: int) -> None:
        clock = HandClock()
        super().__init__(clock=clock)
        self._steps = 0
        self.upload(FLOW)
        for query in CROWD:
            text = MANY + query
            self.connection.execute(text.format(count=count, far=clock.now_ns() + 10**16))
        self.connection.execute("ANALYZE")

    def steps_of(self, work: Callable[[Resources], Any]) -> int:
        self._steps = 0
        self.connection.set_progress_handler(self._count, 1)
        self.do(work)
        self.connection.set_progress_handler(None, 0)
        return self._steps

    def _count(self) -> int:
        self._steps += 1
        return 0

    def start(self, resources: Resources) -> Any:
        variables = Variables(values={"a": 1})
        return instances.start_instance(resources, "flow", version=0, variables=variables, business_key="k")

    def measured(self) -> dict[str, int]:
        """Steps of each request of a job's way, in one engine."""
        found = {"start": self.steps_of(self.start)}
        claimed: list[Any] = []
        found["poll"] = self.steps_of(
            lambda resources: claimed.extend(jobs.poll_jobs(resources, "w", job_types=["work"], max_jobs=4))
        )
        found["empty poll"] = self.steps_of(
            lambda resources: jobs.poll_jobs(resources, "w", job_types=["none"], max_jobs=64)
        )
        fail, complete = claimed[0].id, claimed[1].id
        found["retry"] = self.steps_of(lambda resources: jobs.fail_job(resources, fail, "x", retryable=True))
        found["complete"] = self.steps_of(lambda resources: jobs.complete_job(resources, complete, {"b": 2}))
        found["user task"] = self.steps_of(
            lambda resources: instances.complete_user_task(
                resources, claimed[1].instance_id, step_id="ask", changes={}
            )
        )
        found["signal"] = self.steps_of(
            lambda resources: instances.signal_instance(
                resources, claimed[1].instance_id, step_id="hold", changes={}
            )
        )
        found["fail"] = self.steps_of(lambda resources: jobs.fail_job(resources, fail, "x", retryable=False))
        found["sweep"] = self.steps_of(jobs.sweep_leases)
        found["due timers"] = self.steps_of(timers.due_timers)
        found["next timer"] = self.steps_of(lambda own: own.store.timers.next_after(own.clock.now_ns()))
        found["relay"] = self.steps_of(lambda resources: resources.store.outbox.pending(100))
        return found


@pytest.fixture(scope="module")
def few() -> dict[str, int]:
    return Loaded(1_000).measured()


@pytest.fixture(scope="module")
def many() -> dict[str, int]:
    return Loaded(100_000).measured()


def test_a_hundred_times_the_instances_cost_no_request_twice_the_work(
    few: dict[str, int], many: dict[str, int]
) -> None:
    assert few.keys() == many.keys()
    assert {name: (few[name], many[name]) for name in few if many[name] > 2 * few[name]} == {}


def test_no_request_of_the_job_path_needs_a_thousand_steps(many: dict[str, int]) -> None:
    assert {name: steps for name, steps in many.items() if steps > 1_000} == {}
