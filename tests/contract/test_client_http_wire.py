"""Answers of every shape, whole, in pieces and cut, and connections that end at a bad moment, on both HTTP ways."""

from __future__ import annotations

import gzip
import socket
import zlib
from contextlib import ExitStack

import pytest

from support.byte_server import Step, byte_server
from support.http_stacks import AsyncStack, Stack, all_ways, both
from workflow_sdk.client import httpx_client
from workflow_sdk.client.http1 import answer as answer_reading
from workflow_sdk.client.http1 import pool
from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError

READ, CLOSE, RESET, WAIT, SAY = Step.READ, Step.CLOSE, Step.RESET, Step.WAIT, Step.SAY
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
JOBS = b'{"jobs":[{"id":"j","jobType":"t"}]}'
WITH_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(JOBS), JOBS)
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (
    JOBS[:5],
    len(JOBS) - 5,
    JOBS[5:],
)
GZIPPED = zlib.compress(JOBS, wbits=31)

ANSWERS = {
    "length": WITH_LENGTH,
    "chunks": IN_CHUNKS,
    "chunks and trailers": IN_CHUNKS[:-2] + b"X-Sum: 1\r\n\r\n",
    "100 before": b"HTTP/1.1 100 Continue\r\n\r\n" + WITH_LENGTH,
    "103 twice before": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 99\r\n\r\n" * 2
    + IN_CHUNKS,
    "long header": WITH_LENGTH.replace(b"\r\n\r\n", b"\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"),
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
    % (len(GZIPPED), GZIPPED),
    "no reason": WITH_LENGTH.replace(b" OK", b""),
}
AT_THE_END = {
    "no length": b"HTTP/1.1 200 OK\r\n\r\n" + JOBS,
    "HTTP/1.0 without length": b"HTTP/1.0 200 OK\r\n\r\n" + JOBS,
    "HTTP/1.0": WITH_LENGTH.replace(b"1.1", b"1.0"),
    "Connection: close": WITH_LENGTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
}


def is_the_answer(jobs: list[dict[str, object]]) -> bool:
    return [(job["id"], job["jobType"], job["variables"]) for job in jobs] == [("j", "t", {})]


@both
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_may_have_any_shape(stack: type[Stack], name: str) -> None:
    with byte_server([READ, ANSWERS[name]]) as server:
        assert is_the_answer(stack(server.url).claim())


@both
@pytest.mark.parametrize("name", AT_THE_END)
def test_an_answer_may_end_with_its_connection(stack: type[Stack], name: str) -> None:
    with byte_server([READ, AT_THE_END[name], CLOSE]) as server:
        assert is_the_answer(stack(server.url).claim())


@both
@pytest.mark.parametrize("answer", [IN_CHUNKS, NO_CONTENT + b"", ANSWERS["103 twice before"]])
def test_an_answer_may_come_byte_by_byte(stack: type[Stack], answer: bytes) -> None:
    pieces = [answer[at : at + 1] for at in range(len(answer))]
    with byte_server([READ, *pieces], pause_s=0.0005) as server:
        stack(server.url).complete()
        assert server.total == 1


@both
@pytest.mark.parametrize("answer", [WITH_LENGTH, IN_CHUNKS], ids=["length", "chunks"])
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_an_answer_cut_anywhere_is_none(stack: type[Stack], answer: bytes, end: Step) -> None:
    cuts = [[READ, answer[:at], end] for at in range(len(answer))]
    with byte_server(*cuts) as server:
        one = stack(server.url)
        for _ in cuts:
            with pytest.raises(EngineUnreachableError) as caught:
                one.claim()
            assert caught.value.was_sent
        assert server.total == len(cuts)


@both
@pytest.mark.parametrize("rest", [b"x", b"0\r\n\r\n", b"<html>", NO_CONTENT, b"HTTP/1.1 500 No\r\n\r\n"])
def test_what_follows_an_acknowledgement_does_not_undo_it(stack: type[Stack], rest: bytes) -> None:
    with byte_server([READ, NO_CONTENT + rest]) as server:
        assert stack(server.url).complete_again(1) == [None]


@all_ways
@pytest.mark.parametrize("answer", [WITH_LENGTH, NO_CONTENT])
@pytest.mark.parametrize("second", [b"x" * 300, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", NO_CONTENT])
def test_an_answer_nobody_asked_for_answers_nothing(stack: type[Stack], answer: bytes, second: bytes) -> None:
    with byte_server([READ, answer + second, WAIT], [READ, NO_CONTENT]) as server:
        assert stack(server.url).complete_again(2) == [None, None]
        assert [len(requests) for requests in server.requests] == [1, 1]


@all_ways
def test_an_answer_that_comes_while_the_connection_rests_answers_nothing(
    stack: type[Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LOOK_AFTER_S", 0.0)
    with byte_server(
        [READ, NO_CONTENT, WAIT, b"HTTP/1.1 408 Timed Out\r\n\r\n", SAY, WAIT], [READ, NO_CONTENT]
    ) as server:

        def let_it_come() -> None:
            server.go.set()
            assert server.said.wait(60)

        assert stack(server.url).complete_again(2, between=let_it_come) == [None, None]
        assert [len(requests) for requests in server.requests] == [1, 1]


@all_ways
def test_a_connection_serves_again(stack: type[Stack]) -> None:
    with byte_server([READ, NO_CONTENT, READ, WITH_LENGTH, READ, IN_CHUNKS, READ, NO_CONTENT]) as server:
        assert stack(server.url).complete_again(4) == [None] * 4
        assert len(server.requests) == 1


@all_ways
@pytest.mark.parametrize("name", AT_THE_END)
def test_a_connection_whose_answer_was_its_last_is_not_used_again(stack: type[Stack], name: str) -> None:
    with byte_server([READ, AT_THE_END[name], CLOSE]) as server:
        assert stack(server.url).complete_again(2) == [None, None]
        assert [len(requests) for requests in server.requests] == [1, 1]


@all_ways
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_connection_that_was_closed_while_it_rested_costs_nothing(
    stack: type[Stack], end: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LOOK_AFTER_S", 0.0)
    with byte_server([READ, NO_CONTENT, WAIT, end], [READ, NO_CONTENT]) as server:

        def close_it() -> None:
            server.go.set()
            assert server.ended[0].wait(60)

        assert stack(server.url).complete_again(2, between=close_it) == [None, None]
        assert server.total == 2


@all_ways
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_connection_closed_on_a_request_leaves_it_in_doubt_and_repeats_nothing(
    stack: type[Stack], end: Step
) -> None:
    with byte_server([READ, NO_CONTENT, READ, end], [READ, NO_CONTENT]) as server:
        first, second = stack(server.url).complete_again(2)
        assert first is None
        assert isinstance(second, EngineUnreachableError)
        assert second.was_sent
        assert not isinstance(second, EngineTimeoutError)
        assert server.total == 2


def test_on_the_hot_path_an_answer_to_a_request_half_read_counts_and_ends_the_connection() -> None:
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with byte_server([Step.READ_HEAD, refused, WAIT], [READ, NO_CONTENT]) as server:
        first, second = AsyncStack(server.url).complete_again(2, size=10_000_000)
        assert isinstance(first, EngineClientError)
        assert first.status_code == 413
        assert second is None
        assert len(server.requests) == 2


NOT_HTTP = {
    "another protocol": b"SSH-2.0-nonsense\r\n\r\n",
    "HTML": b"<html>hello</html>\r\n\r\n",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a wrong status": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "two lengths": WITH_LENGTH.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n"),
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a length too long": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "no chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a header without a name": b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n",
    "headers of a megabyte": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200_000 + b"Content-Length: 0\r\n\r\n",
}


@all_ways
@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_no_answer_is_said_so_and_ends_the_connection(stack: type[Stack], name: str) -> None:
    with byte_server([READ, NOT_HTTP[name], WAIT], [READ, NO_CONTENT]) as server:
        first, second = stack(server.url).complete_again(2)
        assert isinstance(first, EngineUnreachableError)
        assert first.was_sent
        assert second is None
        assert len(server.requests) == 2


@both
def test_a_compression_that_cannot_be_undone_is_said_so(stack: type[Stack]) -> None:
    broken = ANSWERS["gzip"].replace(GZIPPED, b"x" * len(GZIPPED))
    with byte_server([READ, broken]) as server, pytest.raises(EngineUnreachableError):
        stack(server.url).claim()


# What is refused on the hot path alone: the parser there is strict, as a proxy may read these otherwise.
STRICT = {
    "a bare line feed": WITH_LENGTH.replace(b"\r\n", b"\n"),
    "a folded header": WITH_LENGTH.replace(b"\r\n\r\n", b"\r\nX: a\r\n b\r\n\r\n"),
    "the same length twice": WITH_LENGTH.replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % len(JOBS)),
    "length and chunks": IN_CHUNKS.replace(b"OK\r\n", b"OK\r\nContent-Length: 21\r\n"),
    "a space before the colon": WITH_LENGTH.replace(b"Length:", b"Length :"),
}


@pytest.mark.parametrize("name", STRICT)
def test_the_hot_path_refuses_what_two_readers_could_read_in_two_ways(name: str) -> None:
    refused = pytest.raises(EngineUnreachableError, match=r"does not speak HTTP/1\.1")
    with byte_server([READ, STRICT[name], WAIT]) as server, refused:
        AsyncStack(server.url).claim()


@both
@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (IN_CHUNKS.removesuffix(b"0\r\n\r\n"), b"1\r\n \r\n"),
    ],
    ids=["headers", "1xx", "chunks"],
)
def test_the_whole_answer_is_bounded_however_slowly_it_comes(
    stack: type[Stack], begin: bytes, more: bytes
) -> None:
    endless = [READ, begin, *([more] * 1_000)]
    with byte_server(endless, pause_s=0.01) as server:
        with pytest.raises(EngineTimeoutError, match=r"no answer within 0\.2 s") as caught:
            stack(server.url, timeout=0.2).claim()
        assert caught.value.was_sent


@both
def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(
    stack: type[Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    bound_answers(monkeypatch, 1_000_000)
    packed = gzip.compress(b" " * 2_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with byte_server([READ, head + packed, WAIT]) as server:
        with pytest.raises(EngineUnreachableError, match="the answer is longer than") as caught:
            stack(server.url).claim()
        assert caught.value.was_sent


@both
def test_an_answer_that_is_packed_twice_is_not_unpacked(stack: type[Stack]) -> None:
    """Each packing undone may be a thousand times as long, and the inner one is bounded by nothing."""
    packed = gzip.compress(gzip.compress(JOBS))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    refused = pytest.raises(EngineUnreachableError, match="is no JSON")
    with byte_server([READ, head + packed, WAIT]) as server, refused:
        stack(server.url).claim()


@both
def test_an_answer_without_end_is_refused(stack: type[Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    bound_answers(monkeypatch, 1_000_000)
    endless = [READ, b"HTTP/1.1 200 OK\r\n\r\n", *([b" " * 100_000] * 1_000)]
    with byte_server(endless) as server, pytest.raises(EngineUnreachableError, match="longer than"):
        stack(server.url).claim()


def bound_answers(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """A bound that a test reaches sooner than the real one."""
    monkeypatch.setattr(httpx_client, "MAX_ANSWER_BYTES", length)
    monkeypatch.setattr(answer_reading, "MAX_ANSWER_BYTES", length)


@both
def test_a_connection_that_cannot_be_made_in_time_is_a_timeout_that_was_not_sent(stack: type[Stack]) -> None:
    with ExitStack() as held, socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(EngineTimeoutError, match=r"no answer within 0\.2 s") as caught:
            stack(f"http://127.0.0.1:{full.getsockname()[1]}", timeout=0.2).complete()
    assert not caught.value.was_sent


@both
def test_tls_that_is_never_answered_is_a_timeout_that_was_not_sent(stack: type[Stack]) -> None:
    with byte_server([WAIT]) as server, pytest.raises(EngineTimeoutError) as caught:
        stack(server.url.replace("http:", "https:"), timeout=0.3).complete()
    assert not caught.value.was_sent


@both
def test_tls_with_something_that_has_none_is_said_so(stack: type[Stack]) -> None:
    plain = [b"HTTP/1.1 400 Bad Request\r\n\r\n", CLOSE]
    with byte_server(plain) as server, pytest.raises(EngineUnreachableError) as caught:
        stack(server.url.replace("http:", "https:")).complete()
    assert not caught.value.was_sent


@both
def test_an_ipv6_address_is_reached(stack: type[Stack]) -> None:
    try:
        with byte_server([READ, NO_CONTENT], host="::1") as server:
            stack(f"http://[::1]:{server.port}/base").complete()
            assert f"host: [::1]:{server.port}\r\n".encode() in server.requests[0][0].lower()
    except OSError:
        pytest.skip("this machine has no IPv6")


@both
def test_a_request_says_no_more_than_it_must(stack: type[Stack]) -> None:
    with byte_server([READ, NO_CONTENT]) as server:
        stack(server.url, headers={"X-Key": "schön", "user-agent": "mine", "content-type": "x"}).complete()
        head, _, body = server.requests[0][0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    names = [line.partition(b":")[0].lower() for line in lines[1:]]
    assert sorted(names) == [b"content-length", b"content-type", b"host", b"user-agent", b"x-key"]
    assert b"x-key: sch\xc3\xb6n" in head.lower()
    assert b"content-type: application/json" in head.lower()
    assert b": mine" in head
    assert body == b'{"workerId":"w \\u00fc","variables":{"x":"\\u00fc"}}'
