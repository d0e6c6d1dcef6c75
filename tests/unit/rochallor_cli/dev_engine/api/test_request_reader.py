"""What the embedded engine takes for a request, whatever pieces it comes in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.dev_engine.api import request_reader
from rochallor_cli.dev_engine.api.request_reader import HttpRequest, RequestReader

HOST = b"Host: localhost\r\n"
GET = b"GET /v1/definitions?page=0 HTTP/1.1\r\n" + HOST + b"\r\n"
POST = (
    b"POST /v1/jobs/poll HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
CHUNKED = (
    b"POST /v1/jobs/poll HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"1;ext=1\r\n{\r\n1\r\n}\r\n0\r\nHost: trailer\r\n\r\n"
)
UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
)


def read(*pieces: bytes) -> tuple[list[HttpRequest], str]:
    """The requests in these pieces, and why no more can be read."""
    reader = RequestReader()
    found = [request for piece in pieces for request in reader.feed(piece)]
    return found, reader.fault


def shown(requests: Iterable[HttpRequest]) -> list[tuple[object, ...]]:
    return [(each.method, each.target, each.body, each.headers, each.is_last) for each in requests]


@given(
    st.lists(
        st.sampled_from(
            [GET, POST, CHUNKED, GET.replace(HOST, HOST + UPGRADE), POST.replace(HOST, HOST + UPGRADE)]
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.integers(0, 900), max_size=6),
)
def test_requests_are_the_same_whatever_pieces_they_come_in(sent: list[bytes], cuts: list[int]) -> None:
    text = b"".join(sent)
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[begin:end] for begin, end in itertools.pairwise(places)]
    found, fault = read(*pieces)
    each_alone = [request for one in sent for request in read(one)[0]]
    assert (shown(found), fault) == (shown(each_alone), "")
    assert [request.body for request in found] == [b"" if one.startswith(b"GET") else b"{}" for one in sent]


def test_a_request_has_what_was_sent_and_of_a_header_sent_twice_the_first() -> None:
    more = b"oRIGIN: http://a\r\nOrigin: http://b\r\nAuthorization: Bearer secret\r\n"
    (request,), _ = read(POST.replace(HOST, HOST + more))
    assert (request.method, request.target, request.version) == ("POST", "/v1/jobs/poll", "1.1")
    assert request.headers == {
        "host": "localhost",
        "origin": "http://a",
        "content-type": "application/json",
        "content-length": "2",
    }
    assert request.has_length
    assert not request.is_last


@pytest.mark.parametrize(
    ("version", "connection", "is_last"),
    [
        (b"1.1", b"", False), (b"1.1", b"Connection: close\r\n", True), (b"1.1", b"Connection: Keep-Alive\r\n", False),
        (b"1.0", b"", True), (b"1.0", b"Connection: keep-alive\r\n", False),
    ],
)  # fmt: skip
def test_a_connection_is_kept_unless_its_client_says_otherwise(
    version: bytes, connection: bytes, is_last: bool
) -> None:
    (request,), _ = read(b"GET / HTTP/" + version + b"\r\n" + HOST + connection + b"\r\n")
    assert (request.version, request.is_last) == (version.decode(), is_last)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
    ],
)
def test_what_is_no_request_is_a_fault_and_nothing_after_it_is_read(sent: bytes) -> None:
    found, fault = read(GET, sent, GET)
    assert len(found) == 1
    assert fault
    assert read(GET + sent + GET)[0][0].target == "/v1/definitions?page=0"


def test_a_head_without_end_is_a_fault() -> None:
    reader = RequestReader()
    reader.feed(b"GET / HTTP/1.1\r\nX: ")
    pieces = 0
    while not reader.fault:
        assert reader.feed(b"x" * 1000) == []
        pieces += 1
    assert pieces <= request_reader.MAX_HEAD_BYTES // 1000 + 1


def test_of_a_body_that_is_too_long_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_reader, "MAX_BODY_BYTES", 10)
    long = POST.replace(b"Length: 2", b"Length: 11").replace(b"{}", b"x" * 11)
    (request, following), fault = read(long[:-3], long[-3:] + POST)
    assert (request.is_too_long, request.body, fault) == (True, b"", "")
    assert (following.is_too_long, following.body) == (False, b"{}")


def test_a_reader_says_whether_it_waits_for_a_body() -> None:
    reader = RequestReader()
    seen = []
    for piece in (POST[:40], POST[40:-1], POST[-1:]):
        reader.feed(piece)
        seen.append(reader.is_within_body)
    assert seen == [False, True, False]
