"""Answers that are written at once: the bytes that the server's framework would have sent."""

from __future__ import annotations

import http.client
import re
import socket
from urllib.parse import urlsplit

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.dev_engine.api import responses

JOB = b'{"workerId":"w","variables":{}}'
SERVICE = (
    b'{"id":"s","name":"s","steps":[{"id":"a","name":"a","type":"SERVICE_TASK","jobType":"t","nextStep":"e"},'
    b'{"id":"e","name":"e","type":"END"}]}'
)
# Among them statuses with and without a body, and every kind of connection and header that asks for another head.
REQUESTS = {
    "healthy": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "list": b"GET /v1/definitions HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "umlauts": b"GET /v1/instances/%C3%A4%22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "refused": b"POST /v1/jobs/x/complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 31\r\n\r\n" + JOB,
    "chunked": b"POST /v1/jobs/poll HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "no path": b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "closed": b"GET /v1/definitions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "old": b"GET /v1/definitions HTTP/1.0\r\nHost: localhost\r\n\r\n",
    "old and kept": b"GET /v1/definitions HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
    "page": b"GET /v1/definitions HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n",
    "head": b"HEAD /v1/definitions HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def answer_to(engine: DevEngine, request: bytes) -> bytes:
    """What the engine sends before it closes, with its date left out; a last request has it close."""
    closing = b"GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    address = urlsplit(engine.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(request + closing)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return re.sub(rb"\r\nDate: [^\r]+", b"\r\nDate: then", received)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_an_answer_at_once_is_byte_for_byte_the_framework_s(
    request_: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        at_once = answer_to(engine, request_)
        monkeypatch.setattr(responses, "_MOST_AT_ONCE", -1)
        assert at_once == answer_to(engine, request_)
        assert at_once.startswith(b"HTTP/1.")


def test_an_upload_and_a_job_that_is_done_are_answered_alike_by_both_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    for most_at_once in (responses._MOST_AT_ONCE, -1):
        monkeypatch.setattr(responses, "_MOST_AT_ONCE", most_at_once)
        with DevEngine(DevEngineConfig(port=0)) as engine:
            connection = http.client.HTTPConnection(urlsplit(engine.url).netloc, timeout=60)
            for path, body in [
                ("/v1/definitions", SERVICE),
                ("/v1/instances", b'{"definitionId":"s"}'),
                ("/v1/jobs/poll", b'{"workerId":"w","jobTypes":["t"]}'),
            ]:
                connection.request("POST", path, body)
                last = connection.getresponse()
                text = last.read()
            job = re.search(rb'"id":"([^"]+)"', text)
            assert job is not None
            connection.request("POST", f"/v1/jobs/{job[1].decode()}/complete", JOB)
            done = connection.getresponse()
            done.read()
            seen += [(last.status, sorted(last.headers)), (done.status, sorted(done.headers))]
            connection.close()
    assert seen[:2] == seen[2:]
    assert [status for status, _ in seen] == [200, 204, 200, 204]


def test_answers_to_requests_in_one_piece_come_whole_and_in_order() -> None:
    pair = REQUESTS["healthy"] + REQUESTS["list"]
    with DevEngine(DevEngineConfig(port=0)) as engine:
        received = answer_to(engine, pair * 200)
    kinds = re.findall(rb"Content-Length: (\d+)", received)
    assert kinds[:400] == [b"0", b"24"] * 200
