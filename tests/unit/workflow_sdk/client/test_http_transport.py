"""HttpTransport: what the synchronous client's requests look like, from many threads and of any size."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.byte_server import ByteServer, Step, byte_server
from support.small_server import small_server
from workflow_sdk.client.http1 import keeping
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import InvalidConnectionError

READ = Step.READ
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
def server() -> Iterator[ByteServer]:
    with byte_server([READ, NO_CONTENT] * 100) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "params", "target"),
    [
        ("/v1/x", None, b"/v1/x"),
        ("/v1/x", {}, b"/v1/x"),
        ("/v1/x", {"a": "b c&d", "n": 3, "t": True, "e": ""}, b"/v1/x?a=b%20c%26d&n=3&t=true&e="),
        ("/v1/x?a=1", None, b"/v1/x?a=1"),
        ("/v1/x?a=1", {"b": "ü"}, b"/v1/x?a=1&b=%C3%BC"),
        ("/v1/a%2Fb", None, b"/v1/a%2Fb"),
        ("/v1/a b\r\nX: y#z", None, b"/v1/a%20b%0D%0AX:%20y%23z"),
        ("/v1/ü", None, b"/v1/%C3%BC"),
    ],
)
def test_paths_and_queries_are_sent_as_a_request_line_can_carry_them(
    server: ByteServer, path: str, params: dict[str, object] | None, target: bytes
) -> None:
    with RestEngineClient(server.url) as client:
        client.request("GET", path, params=params)
    assert server.requests[0][0].split(b"\r\n")[0] == b"GET " + target + b" HTTP/1.1"


@pytest.mark.parametrize(
    ("method", "json", "length"),
    [
        ("GET", None, None),
        ("DELETE", None, None),
        ("POST", None, b"0"),
        ("PUT", None, b"0"),
        ("PATCH", {}, b"2"),
    ],
)
def test_a_request_without_a_body_says_so_where_one_would_be_due(
    server: ByteServer, method: str, json: object, length: bytes | None
) -> None:
    with RestEngineClient(server.url) as client:
        client.request(method, "/x", json=json)
    lines = server.requests[0][0].lower().split(b"\r\n")
    lengths = [line.partition(b": ")[2] for line in lines if line.startswith(b"content-length")]
    assert lengths == ([] if length is None else [length])
    assert any(line.startswith(b"content-type") for line in lines) is (json is not None)


def test_an_answer_to_head_has_no_body_and_the_next_request_another_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    scripts = [READ, head, Step.WAIT], [READ, NO_CONTENT]
    with byte_server(*scripts) as server, RestEngineClient(server.url, 5.0) as client:
        assert client.request("HEAD", "/x").headers == {"content-length": "1000"}
        assert client.request("GET", "/x").status_code == 204


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {"X": "a\r\nY: b"}), ("GET", {"X y": "a"}), ("GET", {"Content-Length": "9"}), ("GET x", {})],
)
def test_what_would_spoil_a_request_is_refused_before_it_is_sent(
    server: ByteServer, method: str, headers: dict[str, str]
) -> None:
    with RestEngineClient(server.url) as client, pytest.raises(InvalidConnectionError):
        client.request(method, "/x", headers=headers)
    assert server.total == 0


def test_threads_have_connections_of_their_own() -> None:
    with small_server() as server, RestEngineClient(server.url) as client:
        server.answers(200, b'{"jobs":null}')
        with ThreadPoolExecutor(10) as threads:
            list(threads.map(lambda number: client.complete_job(f"j{number}", "w"), range(200)))
        assert sorted(path for _, path, _, _ in server.seen) == sorted(
            f"/v1/jobs/j{number}/complete" for number in range(200)
        )


def test_large_requests_and_answers_arrive_whole() -> None:
    text = "x" * 8_000_000
    with small_server() as server, RestEngineClient(server.url) as client:
        server.answers(200, text.encode(), "text/plain")
        assert client.request("POST", "/x", json=text).text == text
        assert server.seen[0][3] == f'"{text}"'.encode()


@pytest.mark.parametrize("limit", ["MAX_AGE_S", "KEEP_ALIVE_S"])
def test_a_connection_too_old_or_too_long_at_rest_is_not_used_again(
    server: ByteServer, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RestEngineClient(server.url) as client:
        client.request("GET", "/1")
        client.request("GET", "/2")
        monkeypatch.setattr(keeping, limit, 0.0)
        client.request("GET", "/3")
    assert [len(requests) for requests in server.requests] == [2, 1]
