"""Whose answer it is: every row of docs/answers.md, and what is near to one."""

from __future__ import annotations

import time

import pytest

from support.known_answers import KnownAnswer, known_answers
from workflow_sdk.client.answers import RawResponse, acknowledged, error_from_answer, mapping_from_answer
from workflow_sdk.client.judgement import ENGINE_CODES, dispatches_otherwise, is_refusal, judgement_of
from workflow_sdk.errors import EngineUnreachableError, WorkflowSDKError

ROWS = known_answers()


def judged(status: int, body: bytes = b"") -> str:
    try:
        acknowledged(RawResponse(status, {}, body), url="http://engine")
    except WorkflowSDKError as error:
        return judgement_of(error).value
    return judgement_of(None).value


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_recorded_answer_is_judged_as_the_page_says(row: KnownAnswer) -> None:
    assert judged(row.status, row.body) == row.judged


def test_the_page_is_read_whole() -> None:
    assert len(ROWS) >= 40
    assert {row.judged for row in ROWS} == {
        "acknowledged",
        "refused by the engine",
        "doubtful",
        "not the engine",
    }


@pytest.mark.parametrize("code", ENGINE_CODES)
def test_a_code_counts_at_its_own_status_only(code: str) -> None:
    body = f'{{"error":"{code}","reason":"why"}}'.encode()
    answers = {status: error_from_answer(RawResponse(status, {}, body)) for status in range(400, 600)}
    assert [status for status, error in answers.items() if is_refusal(error)] == [ENGINE_CODES[code]]


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"bad-request","reason":""}',
        b'{"error":"bad-request","reason":7}',
        b'{"error":"bad-request","message":"no"}',
        b'{"error":["bad-request"],"reason":"no"}',
        b'["bad-request"]',
        b'{"error":"bad-request","reason":"cut',
        b"[" * 100_000,
    ],
)
def test_a_400_without_code_and_reason_is_not_the_engines(body: bytes) -> None:
    assert judged(400, body) == "not the engine"


def test_a_410_counts_with_its_dispatch_mode() -> None:
    def says_so(body: bytes) -> bool:
        return dispatches_otherwise(error_from_answer(RawResponse(410, {}, body)))

    assert says_so(b'{"error":"poll path disabled","dispatch_mode":"kafka_outbox","hint":"x"}')
    assert not says_so(b'{"error":"poll path disabled"}')
    assert not says_so(b"<html>Gone</html>")


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html></html>", b"{}", b"[]", b"null", b'{"items":{}}', b"[" * 100_000]
)
def test_an_answer_that_lacks_what_is_due_is_not_the_engines(body: bytes) -> None:
    with pytest.raises(EngineUnreachableError) as caught:
        mapping_from_answer(RawResponse(200, {"server": "portal/1"}, body), url="http://e", lists=("items",))
    assert caught.value.kind == "not-engine"
    assert "portal/1 answers" in str(caught.value)


@pytest.mark.parametrize(
    "piece", [b"<title>", b"<title> ", b"< title", b"<TITLE>\n", b"<title> </title", b"{", b"[[", b'"\\']
)
def test_a_hostile_page_costs_nothing(piece: bytes) -> None:
    began = time.process_time()
    error = error_from_answer(RawResponse(502, {}, b"<" + piece * 400_000))
    assert time.process_time() - began < 1.0
    assert len(error.message) <= 500


def test_the_title_of_a_page_is_its_message() -> None:
    page = b"<html><head><TITLE>\n 502  Bad Gateway </Title></head></html>"
    assert error_from_answer(RawResponse(502, {}, page)).message == "502 Bad Gateway"


def test_a_retry_after_that_is_no_number_is_none() -> None:
    for header in ("²", "-1", "1e9", "NaN", "", "Fri, 31 Feb 2026 00:00:00 GMT"):
        answer = RawResponse(503, {"retry-after": header}, b"{}")
        assert error_from_answer(answer).retry_after_s is None
