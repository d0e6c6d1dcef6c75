"""The two HTTP stacks, side by side: the same request, the same answer or failure, the same error."""

from __future__ import annotations

import importlib
import pkgutil
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.http_stacks import AsyncStack, Stack, both
from support.small_server import SmallServer, small_server
from workflow_sdk.client import http1, http_channel, httpx_client
from workflow_sdk.client.deadline import current_timeout, request_timeout
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import (
    EngineClientError,
    EngineTimeoutError,
    EngineUnreachableError,
    HeartbeatUnsupportedError,
    LeaseLostError,
)


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as running:
        yield running


@both
def test_requests_are_the_same(stack: type[Stack], server: SmallServer) -> None:
    server.answers(200, b'{"jobs":null,"lockExpiresAt":"t"}')
    one = stack(server.url + "/prefix/", headers={"X-Key": "k"}, token="secret")
    one.claim()
    one.complete()
    one.fail()
    assert one.extend() == "t"
    assert [(method, path, body) for method, path, _, body in server.seen] == [
        ("POST", "/prefix/v1/jobs/poll", b'{"workerId":"w \\u00fc","jobTypes":["a","b"],"maxJobs":3}'),
        ("POST", "/prefix/v1/jobs/j%2F1/complete", b'{"workerId":"w \\u00fc","variables":{"x":"\\u00fc"}}'),
        ("POST", "/prefix/v1/jobs/j/fail", b'{"workerId":"w \\u00fc","errorMessage":"no","retryable":true}'),
        ("POST", "/prefix/v1/jobs/j/heartbeat", b'{"workerId":"w \\u00fc","leaseSeconds":30}'),
    ]
    for _, _, headers, body in server.seen:
        assert headers["content-length"] == str(len(body))
        assert headers["content-type"] == "application/json"
        assert headers["x-key"] == "k"
        assert headers["authorization"] == "Bearer secret"
        assert headers["user-agent"].startswith("rochallor-python/")


def test_the_hot_path_names_its_worker(server: SmallServer) -> None:
    AsyncStack(server.url).claim()
    assert server.seen[0][2]["user-agent"].endswith(" worker/w%20%C3%BC")


@both
@pytest.mark.parametrize(
    ("status", "body", "content_type", "message", "code"),
    [
        (404, b'{"error":"not-found","reason":"no job"}', "application/json", "no job", "not-found"),
        (400, b'{"error":"bad-request","message":"m","reason":"r"}', "application/json", "m", "bad-request"),
        (
            410,
            b'{"error":"poll path disabled"}',
            "application/json",
            "poll path disabled",
            "poll path disabled",
        ),
        (404, b"404 page not found\n", "text/plain", "404 page not found", ""),
        (405, b"", "", "Method Not Allowed", ""),
        (
            502,
            b"<html><head><title>502 Bad Gateway</title></head></html>",
            "text/html",
            "502 Bad Gateway",
            "",
        ),
        (503, b"<p>sorry</p>", "text/html", "Service Unavailable", ""),
        (500, b"[1]", "application/json", "[1]", ""),
        (500, b"\xff\xfe", "", "\ufffd\ufffd", ""),
        (499, b"", "", "no reason given", ""),
    ],
)
def test_answers_outside_2xx_are_read_alike(
    stack: type[Stack],
    server: SmallServer,
    status: int,
    body: bytes,
    content_type: str,
    message: str,
    code: str,
) -> None:
    server.answers(status, body, content_type)
    with pytest.raises(EngineClientError) as caught:
        stack(server.url).complete()
    error = caught.value
    assert (error.status_code, error.message, error.code) == (status, message, code)
    assert error.content_type == content_type
    assert error.body_text == body.decode("utf-8", "replace")


@both
def test_redirects_are_not_followed(stack: type[Stack], server: SmallServer) -> None:
    server.answers(302, Location="http://elsewhere/")
    with pytest.raises(EngineClientError, match="redirected to http://elsewhere/"):
        stack(server.url).complete()
    assert len(server.seen) == 1


@both
@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("Thu, 01 Jan 2015 00:00:00 GMT", 0, 0),
        ("Fri, 31 Dec 2038 23:59:59 GMT", 1e6, 1e12),
        ("soon", None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(
    stack: type[Stack], server: SmallServer, header: str, low: float | None, high: float | None
) -> None:
    server.answers(429, Retry_After=header)
    with pytest.raises(EngineClientError) as caught:
        stack(server.url).fail()
    if low is None or high is None:
        assert caught.value.retry_after_s is None
    else:
        assert caught.value.retry_after_s is not None
        assert low <= caught.value.retry_after_s <= high


@both
@pytest.mark.parametrize("body", [b"<html>", b"{", b"[]", b'"text"', b"", b"\xff"])
def test_an_answer_that_is_no_json_object_is_not_the_engines(
    stack: type[Stack], server: SmallServer, body: bytes
) -> None:
    server.answers(200, body)
    with pytest.raises(EngineUnreachableError) as caught:
        stack(server.url).claim()
    assert caught.value.url == server.url


ENGINES_409 = b'{"error":"conflict","reason":"the lease is over"}'
ENGINES_400 = b'{"error":"bad-request","reason":"workerId is required"}'


@both
@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_engine_without_heartbeats_is_recognised(
    stack: type[Stack], server: SmallServer, status: int
) -> None:
    server.answers(status)
    server.to_polls = (400, "application/json", ENGINES_400, {})
    with pytest.raises(HeartbeatUnsupportedError):
        stack(server.url).extend()


@both
@pytest.mark.parametrize("status", [404, 405, 501])
def test_something_else_than_an_engine_says_nothing_about_heartbeats(
    stack: type[Stack], server: SmallServer, status: int
) -> None:
    server.answers(status, b"404 page not found\n", "text/plain")
    with pytest.raises((EngineUnreachableError, EngineClientError)):
        stack(server.url).extend()


@both
@pytest.mark.parametrize(
    ("status", "body"),
    [(409, ENGINES_409), (200, b'{"accepted":false}')],
)
def test_a_lost_lease_is_recognised(
    stack: type[Stack], server: SmallServer, status: int, body: bytes
) -> None:
    server.answers(status, body)
    with pytest.raises(LeaseLostError):
        stack(server.url).extend()


@both
def test_nobody_listening_is_said_so_and_was_not_sent(stack: type[Stack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(EngineUnreachableError, match="connection refused") as caught:
        stack(f"http://127.0.0.1:{port}").complete()
    assert not caught.value.was_sent
    assert caught.value.url == f"http://127.0.0.1:{port}"


@both
def test_a_host_without_address_is_said_so(stack: type[Stack]) -> None:
    with pytest.raises(EngineUnreachableError, match="host name cannot be resolved") as caught:
        stack("http://engine.invalid:8080").complete()
    assert not caught.value.was_sent


@both
def test_a_connection_cut_in_place_of_the_answer_may_have_been_sent(
    stack: type[Stack], server: SmallServer
) -> None:
    server.answer = None
    with pytest.raises(EngineUnreachableError) as caught:
        stack(server.url).complete()
    assert caught.value.was_sent
    assert not isinstance(caught.value, EngineTimeoutError)


@both
def test_no_answer_in_time_is_a_timeout_that_may_have_been_sent(
    stack: type[Stack], server: SmallServer
) -> None:
    server.delay_s = 1.0
    with pytest.raises(EngineTimeoutError, match=r"no answer within 0\.1 s") as caught:
        stack(server.url, timeout=0.1).complete()
    assert caught.value.was_sent


def test_a_request_is_no_longer_than_the_block_it_is_in(server: SmallServer) -> None:
    """Of the client of programs; the shorter of both times counts, and outside of the block its own."""
    server.delay_s = 1.0
    with RestEngineClient(server.url, timeout=60) as client, request_timeout(0.1):
        with pytest.raises(EngineTimeoutError, match=r"no answer within 0\.1 s"):
            client.get_instance("x")
        with request_timeout(0.05), pytest.raises(EngineTimeoutError, match=r"no answer within 0\.05 s"):
            client.get_instance("x")
        assert current_timeout() == 0.1
    assert current_timeout() is None
    with (
        RestEngineClient(server.url, timeout=0.1) as client,
        request_timeout(60),
        pytest.raises(EngineTimeoutError, match=r"no answer within 0\.1 s"),
    ):
        client.get_instance("x")


@both
def test_something_that_speaks_no_http_is_unreachable(stack: type[Stack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            connection.recv(100)
            connection.sendall(b"SSH-2.0-nonsense\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(EngineUnreachableError):
            stack(f"http://127.0.0.1:{listening.getsockname()[1]}").complete()


def exceptions_in(package: Any) -> set[type[BaseException]]:
    inner = [found.name for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    return {
        thing
        for module in (package, *(importlib.import_module(name) for name in inner if "_main" not in name))
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Exception)
        and thing.__module__.startswith(package.__name__)
    }


# Not ours to meet: we call no raise_for_status.
NEVER_HTTPX = {httpx.HTTPStatusError}


def test_every_exception_of_httpx_has_a_meaning() -> None:
    foreign = tuple(row.foreign for row in httpx_client.FAILURES)
    unmapped = {found for found in exceptions_in(httpx) if not issubclass(found, foreign)}
    assert unmapped - NEVER_HTTPX == set()


def test_every_exception_of_our_own_http_has_a_meaning() -> None:
    foreign = tuple(row.foreign for row in http_channel.FAILURES)
    found = exceptions_in(http1) | {OSError, TimeoutError, ssl.SSLError, socket.gaierror}
    assert {"BadAnswerError", "CutOffError", "DialError"} <= {each.__name__ for each in found}
    assert {each for each in found if not issubclass(each, foreign)} == set()
