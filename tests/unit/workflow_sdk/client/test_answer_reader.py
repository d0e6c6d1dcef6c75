"""AnswerReader: answers whose bytes come in any pieces, and what follows them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.client.http1.answer import MAX_HEAD_BYTES, AnswerReader, BadAnswerError, CutOffError

HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
BODY = st.binary(max_size=300)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, int, bytes]:
    """An answer's bytes, and what they say: status and body."""
    status = draw(st.sampled_from([200, 201, 204, 302, 304, 400, 410, 500, 503]))
    head = "".join(
        f"X-{number}: {value}\r\n" for number, value in enumerate(draw(st.lists(HEADER_TEXT, max_size=4)))
    )
    before = draw(
        st.sampled_from(["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"])
    )
    start = f"{before}HTTP/1.1 {status} Any\r\n{head}"
    if status in (204, 304):
        return f"{start}\r\n".encode(), status, b""
    body = draw(BODY)
    if draw(st.booleans()):
        return f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body, status, body
    cuts = sorted(draw(st.sets(st.integers(0, len(body)), max_size=4)) | {0, len(body)})
    chunks = b"".join(b"%x\r\n%b\r\n" % (end - begin, body[begin:end]) for begin, end in pairwise(cuts))
    trailer = draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
    return (
        f"{start}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n" + trailer + b"\r\n",
        status,
        body,
    )


@given(st.lists(answers(), min_size=1, max_size=4), st.data())
def test_answers_cut_anywhere_are_the_same_answers(
    expected: list[tuple[bytes, int, bytes]], data: st.DataObject
) -> None:
    reader = AnswerReader()
    for whole, status, body in expected:
        reader.begin()
        cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)) | {0, len(whole)})
        for begin, end in pairwise(cuts):
            assert not reader.is_complete
            reader.feed(whole[begin:end])
        assert reader.is_complete
        assert reader.may_go_on
        answer = reader.answer()
        assert (answer.status_code, answer.body) == (status, body)


@given(st.lists(answers(), min_size=1, max_size=3), st.data())
def test_answers_that_are_the_same_again_or_nearly_are_read_each_for_what_it_says(
    several: list[tuple[bytes, int, bytes]], data: st.DataObject
) -> None:
    reader = AnswerReader()
    for whole, status, body in data.draw(st.lists(st.sampled_from(several), min_size=4, max_size=12)):
        reader.begin()
        cut = data.draw(st.sampled_from([0, 0, 0, len(whole) // 2]))
        rest = data.draw(st.sampled_from([b"", b"", b"", b"x"]))
        if cut:
            reader.feed(whole[:cut])
        reader.feed(whole[cut:] + rest)
        answer = reader.answer()
        assert (answer.status_code, answer.body) == (status, body)
        assert reader.may_go_on is not bool(rest)
        if rest:
            break


@given(answers(), st.binary(min_size=1, max_size=60).filter(lambda rest: rest.strip(b"\r\n")), st.data())
def test_whatever_follows_an_answer_in_one_piece_leaves_it_as_it_is_and_ends_the_connection(
    expected: tuple[bytes, int, bytes], rest: bytes, data: st.DataObject
) -> None:
    whole, status, body = expected
    reader = AnswerReader()
    cut = data.draw(st.integers(0, len(whole) - 1))
    if cut:
        reader.feed(whole[:cut])
    reader.feed(whole[cut:] + rest)
    assert reader.is_complete
    assert not reader.may_go_on
    answer = reader.answer()
    assert (answer.status_code, answer.body) == (status, body)


@given(answers(), answers(), st.data())
def test_an_answer_is_never_mixed_with_a_second_one(
    first: tuple[bytes, int, bytes], second: tuple[bytes, int, bytes], data: st.DataObject
) -> None:
    reader = AnswerReader()
    cut = data.draw(st.integers(1, len(second[0])))
    reader.feed(first[0] + second[0][:cut])
    assert not reader.may_go_on
    answer = reader.answer()
    assert (answer.status_code, answer.body) == first[1:]


@given(answers(), st.data())
def test_an_answer_that_is_cut_off_is_none(expected: tuple[bytes, int, bytes], data: st.DataObject) -> None:
    whole, _, _ = expected
    reader = AnswerReader()
    cut = data.draw(st.integers(0, len(whole) - 1))
    if cut:
        reader.feed(whole[:cut])
    with pytest.raises(CutOffError):
        reader.end_of_input()
    assert not reader.is_complete


@given(st.binary(max_size=200), st.integers(1, 60))
def test_an_answer_without_length_ends_with_its_connection(body: bytes, size: int) -> None:
    reader = AnswerReader()
    whole = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + body
    for at in range(0, len(whole), size):
        reader.feed(whole[at : at + size])
    assert not reader.is_complete
    reader.end_of_input()
    assert reader.answer().body == body
    assert not reader.may_go_on


HEADERS = b"HTTP/1.1 200 OK\r\nA: "
TRAILERS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: "
LINE = b"b\r\nX: %b" % (b"x" * 500)


@pytest.mark.parametrize("size", [1_000, 60_000])
@pytest.mark.parametrize(("begin", "line"), [(HEADERS, LINE), (HEADERS, b"x" * 500), (TRAILERS, LINE)])
def test_headers_and_trailers_are_bounded(begin: bytes, line: bytes, size: int) -> None:
    endless = begin + line * (2 * MAX_HEAD_BYTES // len(line) + 200)
    with pytest.raises(BadAnswerError, match="longer than 64 kB"):
        feed_in_pieces(endless, size)


def feed_in_pieces(endless: bytes, size: int) -> None:
    reader = AnswerReader()
    for at in range(0, len(endless), size):
        reader.feed(endless[at : at + size])


def test_101_is_an_answer_and_the_end() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nanything")
    assert reader.is_complete
    assert reader.answer().status_code == 101
    assert not reader.may_go_on


def test_a_tunnel_is_there_with_the_answers_head() -> None:
    reader = AnswerReader(heads_only=True)
    reader.feed(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
    assert reader.is_complete
    assert reader.answer().status_code == 200


def test_headers_given_twice_are_joined() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 204 No\r\nX-A: 1\r\nx-a: 2\r\nY: \xe9\r\n\r\n")
    assert reader.answer().headers == {"x-a": "1, 2", "y": "\xe9"}
