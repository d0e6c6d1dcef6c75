"""The records of running jobs, as a supervisor reads them after a death; and who is a suspect then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import monotonic_ns

import pytest

from rochallor_cli.hosting.processes import running_jobs
from rochallor_cli.hosting.processes.running_jobs import (
    LINGER_S,
    SPARE,
    RunningJob,
    RunningJobs,
    read_running_jobs,
)
from rochallor_cli.hosting.processes.suspects import MOST_REMEMBERED, Suspects
from workflow_sdk.handler.handler import handler_of
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight


def item(job_id: str, instance_id: str = "i") -> InFlight:
    job = job_from_poll({"id": job_id, "jobType": "größe", "instanceId": instance_id})
    return InFlight(Claim(job), handler_of(dict, "größe"), CurrentJob(job))


@pytest.fixture
def file() -> Iterator[int]:
    descriptor = RunningJobs.new_file(2)
    yield descriptor
    os.close(descriptor)


def test_what_has_begun_and_not_ended_is_read(file) -> None:
    records = RunningJobs(file)
    first, second = item("j1"), item("j2")
    records.began(first)
    records.began(second)
    records.ended(first)
    assert read_running_jobs(file) == (
        [RunningJob("j2", "j2", "größe", "i")],
        [RunningJob("j1", "j1", "größe", "i")],
    )


def test_a_record_holds_another_job_when_the_first_has_ended(file) -> None:
    records = RunningJobs(file)
    for number in range(3 * SPARE):
        one = item(f"j{number}")
        records.began(one)
        records.ended(one)
    running, just_ended = read_running_jobs(file)
    assert running == []
    latest = {f"j{number}" for number in range(3 * SPARE - SPARE - 2, 3 * SPARE)}
    assert {job.key for job in just_ended} == latest


def test_a_job_that_ended_long_ago_is_no_suspect(file, monkeypatch) -> None:
    records, one = RunningJobs(file), item("j1")
    records.began(one)
    records.ended(one)
    later = monotonic_ns() + int((LINGER_S + 1) * 1e9)
    monkeypatch.setattr(running_jobs, "monotonic_ns", lambda: later)
    assert read_running_jobs(file) == ([], [])


def test_more_jobs_than_records_and_texts_too_long_do_no_harm(file) -> None:
    records = RunningJobs(file)
    items = [item(f"j{number}", "x" * 2_000) for number in range(SPARE + 10)]
    for one in items:
        records.began(one)
    assert len(read_running_jobs(file).running) == SPARE + 2
    for one in items:
        records.ended(one)
    assert read_running_jobs(file).running == []


def test_what_a_handler_forks_cannot_end_the_job(file) -> None:
    records, one = RunningJobs(file), item("j1")
    records.began(one)
    child = os.fork()
    if child == 0:
        records.ended(one)
        os._exit(0)
    os.waitpid(child, 0)
    assert read_running_jobs(file) == ([RunningJob("j1", "j1", "größe", "i")], [])


def test_deaths_add_up_until_a_job_has_run_to_its_end() -> None:
    suspects = Suspects()
    suspects.died_with(["a", "b"])
    suspects.died_with(["a"])
    suspects.cleared("b")
    assert (suspects.deaths("a"), suspects.deaths("b"), suspects.keys()) == (2, 0, ("a",))


def test_only_so_many_suspects_are_remembered() -> None:
    suspects = Suspects()
    suspects.died_with([str(number) for number in range(MOST_REMEMBERED + 5)])
    assert len(suspects.keys()) == MOST_REMEMBERED
    assert suspects.deaths("0") == 0
