"""An absence of the engine is said once when it begins and once when it is over."""

from __future__ import annotations

import logging

import pytest

from workflow_sdk.errors import EngineClientError, EngineUnreachableError, UnusableTokenError
from workflow_sdk.runner.reporting.engine_watch import MOST_REASONS, EngineWatch

TOO_MANY = EngineClientError(429, "Too Many Requests")


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "workflow_sdk")
    return caplog


def fail(watch: EngineWatch) -> None:
    """A call fails that began after whatever has succeeded."""
    watch.failed(TOO_MANY, began=watch.last_success)


def test_a_single_answer_amid_an_absence_does_not_make_two_of_it(said: pytest.LogCaptureFixture) -> None:
    watch = EngineWatch("http://engine")
    watch.waiting_reports = 12
    fail(watch)
    began = watch.since
    # An answer that was on its way already; the twelve results still wait.
    watch.succeeded()
    assert not watch.is_away
    fail(watch)
    assert (watch.is_away, watch.since, watch.tries) == (True, began, 2)
    watch.succeeded()
    watch.waiting_reports = 0
    watch.flushed()
    first, last = said.messages
    assert first.startswith("engine refuses requests: it answers 429")
    assert last.endswith("(2 tries); 12 results reported")


def test_an_absence_after_one_that_was_said_to_be_over_is_said_again(said: pytest.LogCaptureFixture) -> None:
    watch = EngineWatch("http://engine")
    for _ in range(2):
        fail(watch)
        watch.succeeded()
    assert ["refuses requests" in text for text in said.messages] == [True, False, True, False]


def test_the_reason_is_the_latest_one_and_each_is_said_once(said: pytest.LogCaptureFixture) -> None:
    watch = EngineWatch("http://engine")
    away = EngineUnreachableError("connection refused")
    for error in (away, TOO_MANY, away, TOO_MANY):
        watch.failed(error, began=watch.last_success)
    assert watch.reason == "it answers 429, Too Many Requests"
    assert said.messages == [
        "engine unreachable: connection refused (http://engine). Retrying; 0 results waiting to be reported.",
        "the engine is still away: it answers 429, Too Many Requests (http://engine)",
    ]


def test_reasons_that_differ_in_every_repetition_fill_no_log(said: pytest.LogCaptureFixture) -> None:
    watch = EngineWatch("http://engine")
    for number in range(1_000):
        watch.failed(EngineUnreachableError(f"trace {number}"), began=watch.last_success)
        watch.reports_troubled(EngineUnreachableError(f"trace {number}"))
    assert (len(said.messages) <= 2 * MOST_REASONS, watch.reason) == (True, "trace 999")


def test_what_was_said_of_reports_ends_when_none_is_left_of_which_it_holds(
    said: pytest.LogCaptureFixture,
) -> None:
    watch = EngineWatch("http://engine")
    watch.succeeded()
    watch.reports_troubled(TOO_MANY)
    assert not watch.is_reachable
    watch.reports_answered()
    watch.reports_answered()
    assert (watch.is_reachable, watch.reason) == (True, "")
    assert said.messages[1:] == ["no result waits any more that was not taken (http://engine)"]


def test_a_token_that_was_never_of_use_is_no_absence_and_one_that_became_so_is_waited_out(
    said: pytest.LogCaptureFixture,
) -> None:
    ends: list[Exception] = []
    watch = EngineWatch("http://engine", give_up=ends.append)
    unfit = UnusableTokenError("the token file t holds characters that no HTTP header can carry")
    assert not watch.failed(unfit, began=watch.last_success)
    assert (ends, said.messages, watch.is_away) == ([unfit], [], False)
    watch.succeeded()
    assert watch.failed(unfit, began=watch.last_success)
    assert len(ends) == 1
    assert said.messages[0].startswith("engine cannot be asked: the token file t holds characters")
