"""Job: the dict handlers get."""

from __future__ import annotations

import copy
import json
import pickle
import threading

import pytest

from workflow_sdk.job import CurrentJob, Job, current_job, enter_job, job_from_poll

POLLED = {
    "id": "j1",
    "jobType": "score",
    "instanceId": "i1",
    "stepExecutionId": "e1",
    "status": "LOCKED",
    "retriesRemaining": 2,
    "variables": {"a": 1},
}


def test_a_job_has_exactly_the_documented_keys() -> None:
    job = job_from_poll(POLLED)
    assert set(job) == {"id", "jobType", "instanceId", "stepExecutionId", "retriesRemaining", "variables"}


def test_a_jobs_values_are_attributes_too() -> None:
    job = job_from_poll(POLLED)
    assert (job.job_id, job.job_type, job.instance_id) == ("j1", "score", "i1")
    assert (job.step_execution_id, job.retries_remaining, job.variables) == ("e1", 2, {"a": 1})


def test_a_job_can_be_serialised_copied_and_spread() -> None:
    job = job_from_poll(POLLED)
    assert json.loads(json.dumps(job)) == job
    assert pickle.loads(pickle.dumps(job)) == job
    assert type(copy.deepcopy(job)) is Job
    assert dict(**job)["id"] == "j1"


@pytest.mark.parametrize("variables", [None, {}])
def test_variables_are_never_null(variables: object) -> None:
    assert job_from_poll({**POLLED, "variables": variables}).variables == {}


def test_fields_that_a_client_left_out_have_defaults() -> None:
    job = job_from_poll({"id": "j", "jobType": "t"})
    assert (job.instance_id, job.retries_remaining, job.variables) == ("", 0, {})


def test_what_the_published_sdk_put_into_jobs_can_be_read_without_being_items() -> None:
    job = job_from_poll(POLLED)
    assert job["stepId"] == ""
    assert not job["cancel_event"].is_set()
    assert job.get("cancel_event") is job["cancel_event"]
    assert "cancel_event" not in job
    assert job_from_poll({**POLLED, "stepId": "s"})["stepId"] == "s"


def test_an_unknown_key_is_an_error_or_the_default() -> None:
    job = job_from_poll(POLLED)
    with pytest.raises(KeyError):
        job["nothing"]
    assert job.get("nothing", 3) == 3


def test_the_current_job_is_known_inside_handlers_only() -> None:
    with pytest.raises(RuntimeError, match="outside of a handler"):
        current_job()
    running = CurrentJob(job_from_poll(POLLED))
    enter_job(running)
    try:
        assert current_job() is running
        assert running.job["cancel_event"] is running.stopping
        assert running.lease_left_s is None
    finally:
        enter_job(None)


def events_asked_for_at_once(running: CurrentJob) -> list[threading.Event]:
    barrier, found = threading.Barrier(4), list[threading.Event]()

    def ask() -> None:
        barrier.wait(60)
        found.append(running.stopping)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_all_threads_that_ask_a_job_whether_to_stop_ask_one_event() -> None:
    """It is made by whoever asks first."""
    for _ in range(50):
        running = CurrentJob(job_from_poll(POLLED))
        assert set(events_asked_for_at_once(running)) == {running.stopping}
