"""The null engine's parts that need no socket: requests in pieces, claims, chains, counts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from benchmarks.null_engine import Connection, Delays, Routes
from benchmarks.null_state import NullState
from benchmarks.workflows import chain


class Wire(asyncio.Transport):
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def state() -> NullState:
    return NullState()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def connection(state: NullState, wire: Wire) -> Connection:
    made = Connection(Routes(state, Delays()))
    made.connection_made(wire)
    return made


def request(path: str, body: object, length_name: str = "Content-Length") -> bytes:
    content = json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{length_name}: {len(content)}\r\n\r\n".encode() + content


def body_of(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("length_name", ["Content-Length", "content-length", "CONTENT-LENGTH"])
def test_a_request_that_comes_byte_by_byte_is_answered_once_it_is_whole(
    connection: Connection, wire: Wire, state: NullState, length_name: str
) -> None:
    for byte in request("/v1/jobs/N1/complete", {"workerId": "w"}, length_name):
        connection.data_received(bytes([byte]))
    assert wire.written == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert state.counts()["completed"] == 1


def test_requests_sent_together_are_all_answered(
    connection: Connection, wire: Wire, state: NullState
) -> None:
    connection.data_received(request("/v1/jobs/N1/complete", {}) + request("/v1/jobs/N2/fail", {}))
    assert wire.written.count(b"204") == 2
    assert (state.counts()["completed"], state.counts()["failed"]) == (1, 1)


def test_a_body_in_chunks_is_refused_rather_than_misread(connection: Connection, wire: Wire) -> None:
    connection.data_received(b"POST /v1/jobs/poll HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 411")
    assert wire.closed


def test_the_endless_source_hands_out_exactly_what_was_asked_for(
    connection: Connection, wire: Wire, state: NullState
) -> None:
    state.set_endless(True)
    connection.data_received(request("/v1/jobs/poll", {"workerId": "w", "jobTypes": ["a"], "maxJobs": 7}))
    jobs = body_of(wire.written)["jobs"]
    assert len({job["id"] for job in jobs}) == 7
    assert {job["jobType"] for job in jobs} == {"a"}


def test_without_work_a_poll_is_answered_as_the_engine_does(connection: Connection, wire: Wire) -> None:
    connection.data_received(request("/v1/jobs/poll", {"workerId": "w", "jobTypes": ["a"]}))
    assert body_of(wire.written) == {"jobs": None}


def test_an_instance_goes_through_its_steps_and_a_second_completion_moves_nothing(state: NullState) -> None:
    definition = chain(2, "test")
    first, second = (step["jobType"] for step in definition["steps"][:2])
    state.upload(definition)
    started = state.start({"definitionId": definition["id"]})
    for job_type in (first, second):
        (job,) = json.loads(state.claim([first, second], 10))["jobs"]
        assert job["jobType"] == job_type
        state.complete(job["id"].encode())
        state.complete(job["id"].encode())
    finished = state.instance(started["id"])
    assert finished is not None
    assert finished["status"] == "COMPLETED"
    assert state.counts()["late"] == 2
    assert state.list_instances({"definitionId": definition["id"], "status": "ACTIVE"})["total"] == 0
