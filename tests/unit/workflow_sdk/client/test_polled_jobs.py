"""Each job of a poll is read alone."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.job_json import MOST_DIGITS, MOST_LEVELS
from workflow_sdk.client.polled_jobs import UnreadableJob, polled_jobs
from workflow_sdk.errors import EngineTimeoutError, EngineUnreachableError
from workflow_sdk.runner.polling.batch_size import BatchSize

GOOD = {
    "id": "j1",
    "instanceId": "i",
    "stepExecutionId": "s",
    "jobType": "t",
    "retriesRemaining": 2,
    "variables": {"a": 1},
}


GOOD_TEXT = json.dumps(GOOD).encode()
RETRIES_0 = {"retriesRemaining": 0}


def read(body: bytes) -> list[Any]:
    return list(polled_jobs(RawResponse(200, {}, body), url="http://engine"))


@pytest.mark.parametrize(
    "bad",
    [
        {"jobType": "t"},
        {"id": ""} | {"jobType": "t"},
        {"id": 7, "jobType": "t"},
        {"id": "x"},
        {"id": "x", "jobType": ["t"]},
        {"id": "x", "jobType": "t", "instanceId": 1},
        {"id": "x", "jobType": "t", "stepExecutionId": {}},
        {"id": "\ud800", "jobType": "t"},
        {"id": "x", "jobType": "\udfff"},
        {"id": "x", "jobType": "t", "instanceId": "a\ud800"},
        {"id": "x", "jobType": "t", "retriesRemaining": "3"},
        {"id": "x", "jobType": "t", "retriesRemaining": True},
        {"id": "x", "jobType": "t", "variables": [1]},
        [],
        None,
        "job",
    ],
)
def test_a_malformed_job_costs_itself_only(bad: object) -> None:
    jobs = read(json.dumps({"jobs": [GOOD, bad, GOOD]}).encode())
    assert jobs[0] == jobs[2] == GOOD
    assert isinstance(jobs[1], UnreadableJob)
    assert "\ud800" not in f"{jobs[1].job_id}{jobs[1].instance_id}"


def test_unknown_fields_are_kept_and_absent_ones_have_defaults() -> None:
    (job,) = read(b'{"jobs":[{"id":"x","jobType":"t","newer":{"a":1},"variables":null}]}')
    assert job == {"id": "x", "jobType": "t", "newer": {"a": 1}, "variables": {}, "retriesRemaining": 0}


def deep_json(depth: int) -> bytes:
    return b"%b1%b" % (b'[{"a":' * (depth // 2), b"}]" * (depth // 2))


def levels(value: Any) -> int:
    """How deep it is nested, in lists and objects of one member."""
    count = 0
    while isinstance(value, list | dict):
        value = value[0] if isinstance(value, list) else value["a"]
        count += 1
    return count


def answer_with_deep_variables(depth: int) -> list[Any]:
    deep = b'{"id":"deep","variables":{"a":%b},"instanceId":"in","jobType":"t"}' % deep_json(depth)
    jobs = read(
        b'{"more":[{}],"jobs":[%b,%b,{"id":"last","jobType":"t"}],"x":[{"id":"no"}]}' % (GOOD_TEXT, deep)
    )
    assert [jobs[0]["id"], jobs[2]["id"], len(jobs)] == ["j1", "last", 3]
    return jobs


@pytest.mark.parametrize("depth", [1_100, 5_000, MOST_LEVELS - 2])
def test_variables_nested_deeper_than_the_interpreters_json_goes_are_read(depth: int) -> None:
    assert levels(answer_with_deep_variables(depth)[1]["variables"]) == depth + 1


def test_variables_nested_without_end_cost_their_job_only() -> None:
    job = answer_with_deep_variables(MOST_LEVELS + 2)[1]
    assert (job.job_id, job.job_type, job.instance_id) == ("deep", "t", "in")
    assert "more than 10,000 levels" in job.reason


@pytest.mark.parametrize("sign", [1, -1])
def test_more_digits_than_the_interpreter_takes_are_read_all_the_same(sign: int) -> None:
    digits = ("-" if sign < 0 else "") + "9" * 5_000
    jobs = read(
        b'{"jobs":[{"id":"long","jobType":"t","variables":{"n":%b}},%b]}' % (digits.encode(), GOOD_TEXT)
    )
    assert jobs == [
        {"id": "long", "jobType": "t", "variables": {"n": sign * (10**5_000 - 1)}} | RETRIES_0,
        GOOD,
    ]


@pytest.mark.parametrize("number", [b"9" * (MOST_DIGITS + 1), b"NaN", b"1e999"], ids=["long", "NaN", "1e999"])
def test_a_number_that_no_engine_holds_costs_its_job_only(number: bytes) -> None:
    long = b'{"id":"long","jobType":"t","variables":{"n":%b}}' % number
    jobs = read(b'{"jobs":[%b,%b]}' % (long, GOOD_TEXT))
    assert isinstance(jobs[0], UnreadableJob)
    assert jobs[0].job_id == "long"
    assert jobs[1] == GOOD


@pytest.mark.parametrize("name", ["id", "instanceId", "stepExecutionId"])
@pytest.mark.parametrize("letters", ["x" * 2_001, "ä" * 400])
def test_a_name_that_is_too_long_for_a_url_costs_its_job_only(name: str, letters: str) -> None:
    jobs = read(json.dumps({"jobs": [{**GOOD, name: letters}, GOOD]}).encode())
    assert isinstance(jobs[0], UnreadableJob)
    assert "more than a URL can carry" in jobs[0].reason
    assert jobs[1] == GOOD


def test_a_job_is_named_where_the_digits_are_too_many_outside_of_its_variables() -> None:
    (job,) = read(b'{"jobs":[{"id":"long","jobType":"t","retriesRemaining":%b}]}' % (b"9" * 5_000))
    assert isinstance(job, UnreadableJob)
    assert (job.job_id, job.job_type) == ("long", "t")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>", b'{"jobs":{}}', b'{"jobs":"x"}', b'["jobs"]', b'{"job', b'{"jobs":[']
)
def test_what_is_no_answer_to_a_poll_is_not_the_engines(body: bytes) -> None:
    with pytest.raises(EngineUnreachableError):
        read(body)


@given(st.text(alphabet='"\\\\[]{}:,ajobs ', max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        read(b'{"jobs":[' + text.encode())
    except EngineUnreachableError:
        return


@pytest.mark.parametrize("piece", [b'"', b'\\"', b"[{", b'{"jobs":[', b'"a",'])
def test_a_hostile_answer_costs_nothing(piece: bytes) -> None:
    began = time.process_time()
    with pytest.raises(EngineUnreachableError):
        read(b'{"jobs":[' + piece * 300_000)
    assert time.process_time() - began < 3.0


def test_fewer_are_asked_for_until_an_answer_comes_in_time_and_more_again_when_it_is_quick() -> None:
    batch, asked = BatchSize(64), []
    for _ in range(8):
        asked.append(batch.most)
        batch.not_answered(EngineTimeoutError("slow"), asked_for=batch.most)
    assert asked == [64, 32, 16, 8, 4, 2, 1, 1]
    batch.answered(got=1, took_s=0.1)
    assert batch.most == 2
    batch.answered(got=2, took_s=20.0)
    assert batch.most == 1
    for _ in range(10):
        batch.answered(got=batch.most, took_s=0.1)
    assert batch.most == 64
    batch.answered(got=45, took_s=22.5)
    assert batch.most == 10
