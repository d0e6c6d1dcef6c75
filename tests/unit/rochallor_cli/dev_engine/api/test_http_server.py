"""What the embedded engine's server sends, byte for byte, and when it closes."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.dev_engine.api import http_server
from rochallor_cli.dev_engine.api.http_server import HttpServer
from rochallor_cli.dev_engine.api.request_reader import HttpRequest
from rochallor_cli.dev_engine.api.responses import response_to

HOST = b"Host: localhost\r\n"
HEALTHY = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
LIST = b"GET /v1/definitions HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
NOTHING = '{"items":null,"total":0}'
EMPTY_POLL = b'{"workerId":"w","jobTypes":["none"]}'


def listed(*more: bytes, version: bytes = b"1.1", method: bytes = b"GET") -> bytes:
    return method + b" /v1/definitions HTTP/" + version + b"\r\n" + HOST + b"".join(more) + b"\r\n"


# Statuses with and without a body, and every kind of connection and header that asks for another head.
ANSWERS = [
    (HEALTHY, "HTTP/1.1 200 OK|Content-Length: 0|Date: then||"),
    (LIST, f"HTTP/1.1 200 OK|Content-Type: application/json|Content-Length: 24|Date: then||{NOTHING}"),
    (
        b"GET /v1/instances/%C3%A4%22 HTTP/1.1\r\n" + HOST + b"\r\n",
        ("HTTP/1.1 404 Not Found|Content-Type: application/json|Content-Length: 60|Date: then||"
        '{"error":"not-found","reason":"workflow instance not found"}'),
    ),
    (
        b"POST /v1/jobs/poll HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ("HTTP/1.1 400 Bad Request|Content-Type: application/json|Content-Length: 55|Date: then||"
        '{"error":"bad-request","reason":"workerId is required"}'),
    ),
    (
        b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n",
        ("HTTP/1.1 404 Not Found|Content-Type: text/plain; charset=utf-8|Content-Length: 19|Date: then||"
        "404 page not found\n"),
    ),
    (
        b"GET /v1/definitions/%zz HTTP/1.1\r\n" + HOST + b"\r\n",
        (
            "HTTP/1.1 400 Bad Request|Content-Type: text/plain; charset=utf-8|Content-Length: 15|Date: then||"
            "400 Bad Request"
        ),
    ),
    (listed(method=b"PUT"), "HTTP/1.1 405 Method Not Allowed|Content-Length: 0|Date: then||"),
    (listed(method=b"HEAD"), "HTTP/1.1 405 Method Not Allowed|Content-Length: 0|Date: then||"),
    (
        b"HEAD /nothing HTTP/1.1\r\n" + HOST + b"\r\n",
        "HTTP/1.1 404 Not Found|Content-Type: text/plain; charset=utf-8|Content-Length: 19|Date: then||",
    ),
    (
        listed(b"Connection: close\r\n"),
        "HTTP/1.1 200 OK|Content-Type: application/json|Content-Length: 24|Date: then|Connection: close||"
        + NOTHING,
    ),
    (
        listed(version=b"1.0"),
        f"HTTP/1.0 200 OK|Content-Type: application/json|Content-Length: 24|Date: then||{NOTHING}",
    ),
    (
        listed(b"Connection: keep-alive\r\n", version=b"1.0"),
        "HTTP/1.0 200 OK|Content-Type: application/json|Content-Length: 24|Date: then|Connection: keep-alive||"
        + NOTHING,
    ),
    (
        listed(b"Origin: http://localhost\r\n"),
        "HTTP/1.1 200 OK|Content-Type: application/json|Access-Control-Allow-Origin: *|Content-Length: 24|Date: then||"
        + NOTHING,
    ),
    (
        listed(
            b"Origin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n"
            b"Access-Control-Request-Headers: content-type\r\n",
            method=b"OPTIONS",
        ),
        ("HTTP/1.1 200 OK|Access-Control-Allow-Origin: *|Access-Control-Allow-Methods: POST|"
        "Access-Control-Allow-Headers: Content-Type|Access-Control-Max-Age: 300|Content-Length: 0|Date: then||"),
    ),
    (
        listed(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"),
        f"HTTP/1.1 200 OK|Content-Type: application/json|Content-Length: 24|Date: then||{NOTHING}",
    ),
    (
        b"POST /v1/jobs/poll HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 36\r\n\r\n"
        + EMPTY_POLL,
        'HTTP/1.1 200 OK|Content-Type: application/json|Content-Length: 13|Date: then||{"jobs":null}',
    ),
    (
        b"nonsense\r\n\r\n",
        ("HTTP/1.1 400 Bad Request|Content-Type: text/plain; charset=utf-8|Content-Length: 43|Date: then|"
        "Connection: close||400 Bad Request: Invalid method encountered"),
    ),
]  # fmt: skip


def received(engine: DevEngine, *sent: bytes) -> bytes:
    """All that the engine sends until it closes, with dates left out."""
    address = urlsplit(engine.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        for each in sent:
            connection.sendall(each)
        return without_dates(rest_of(connection))


def rest_of(connection: socket.socket) -> bytes:
    found = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


def without_dates(answers: bytes) -> bytes:
    return re.sub(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", b"\r\nDate: then", answers)


@pytest.mark.parametrize(("sent", "answer"), ANSWERS)
def test_an_answer_is_these_bytes_and_the_next_request_is_answered_too(sent: bytes, answer: str) -> None:
    expected = answer.replace("|", "\r\n").encode()
    closes = "Connection: close" in answer or ("HTTP/1.0" in answer and "keep-alive" not in answer)
    with DevEngine(DevEngineConfig(port=0)) as engine:
        answers = received(engine, sent, LAST)
        assert answers.startswith(expected)
        assert answers.count(b"HTTP/1.") == (1 if closes else 2)
        # In one piece with one before it.
        before = ANSWERS[1][1].replace("|", "\r\n").encode()
        assert received(engine, LIST + sent + LAST).startswith(before + expected)


def test_no_answer_tells_what_the_server_is_made_of() -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        assert b"\r\nServer:" not in received(engine, LIST, LAST)


def test_answers_to_requests_in_one_piece_come_whole_and_in_order() -> None:
    pair = HEALTHY + LIST
    with DevEngine(DevEngineConfig(port=0)) as engine:
        kinds = re.findall(rb"Content-Length: (\d+)", received(engine, pair * 2_000 + LAST))
    assert kinds == [b"0", b"24"] * 2_000 + [b"0"]


def test_who_sends_no_more_is_answered_all_the_same() -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        address = urlsplit(engine.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(LIST * 3)
            connection.shutdown(socket.SHUT_WR)
            assert rest_of(connection).count(b"200 OK") == 3


def test_a_body_that_does_not_come_in_time_is_answered_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "BODY_TIMEOUT_S", 0.2)
    head = b"POST /v1/jobs/poll HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{"
    with DevEngine(DevEngineConfig(port=0)) as engine:
        answer = received(engine, head)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
        "error": "bad-request",
        "reason": "the body did not come in time",
    }


# --- the server alone, with an answer of ours -----------------------------------------------------


def serve(respond: Callable[[HttpRequest], bytes], talk: Callable[[int], None]) -> None:
    """Have `talk` talk to a server at this port from a thread, and stop the server then."""

    async def answer(request: HttpRequest) -> bytes:
        return respond(request)

    async def main() -> None:
        server = HttpServer(answer)
        port = await server.start("127.0.0.1", 0)
        try:
            await asyncio.to_thread(talk, port)
        finally:
            await server.stop()

    asyncio.run(main())


def test_who_does_not_take_answers_gets_no_more_of_them_than_fit() -> None:
    begun = []

    def respond(request: HttpRequest) -> bytes:
        begun.append(request.target)
        return response_to(request, 200, "x" * 2_000_000)

    def talk(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(LIST * 30 + LAST)
            with socket.create_connection(("127.0.0.1", port), timeout=60) as other:
                other.sendall(LAST)
                assert other.recv(100).startswith(b"HTTP/1.1 200 OK")
            # What fits into the buffers of both ends, and the answer that did not.
            assert len(begun) < 20
            taken = 0
            while piece := connection.recv(1_000_000):
                taken += len(piece)
        assert 31 * 2_000_000 < taken < 31 * 2_000_200

    serve(respond, talk)


def test_a_server_that_stops_closes_what_rests() -> None:
    held = []

    def talk(port: int) -> None:
        held.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        held[0].sendall(HEALTHY)
        assert held[0].recv(65536).startswith(b"HTTP/1.1 200 OK")

    serve(lambda request: response_to(request, 200), talk)
    with held[0] as connection:
        assert connection.recv(1) == b""


def test_what_is_no_request_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING, "rochallor_cli.dev_engine.http"),
        DevEngine(DevEngineConfig(port=0)) as engine,
    ):
        received(engine, b"\x16\x03\x01\x02\x00")
    assert [record.getMessage() for record in caplog.records] == [
        "a request that is no HTTP was refused with 400: Invalid method encountered"
    ]
