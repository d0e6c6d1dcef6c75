"""What is done with a report, whatever came of it: the rules, without a network."""

from __future__ import annotations

import pytest

from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError, LeaseLostError
from workflow_sdk.job import job_from_poll
from workflow_sdk.runner.job.claim import Claim, Lease
from workflow_sdk.runner.job.outcome import NOTHING, Failed
from workflow_sdk.runner.job.report import Report
from workflow_sdk.runner.reporting import rules
from workflow_sdk.runner.reporting.rules import (
    HOLD_AFTER_CUT_S,
    HOLD_AFTER_TIMEOUT_S,
    Action,
    Verdict,
    back_off_s,
)


def refusal(status: int, code: str, reason: str = "no") -> EngineClientError:
    """An answer in the engine's own shape."""
    return EngineClientError(status, reason, code=code, reason=reason)


ENGINE_500 = refusal(500, "internal-error", 'job "x" not found')
REFUSED = EngineUnreachableError("connection refused", was_sent=False)
CUT = EngineUnreachableError("connection closed before the answer")
EMPTY_200 = EngineUnreachableError("an empty answer 200", kind="doubtful")
HTML_200 = EngineUnreachableError("a page", kind="not-engine")
TIMEOUT = EngineTimeoutError("no answer")


def report(*, completes: bool = True, lease: bool = True) -> Report:
    claim = Claim(job_from_poll({"id": "j", "jobType": "t"}), lease=Lease(30.0, 30.0) if lease else None)
    return Report(claim, NOTHING if completes else Failed("no", retryable=True), created=0.0)


def verdict_on(
    one: Report, error: Exception | None, *, now: float = 1.0, took_s: float = 0.0, is_late: bool = False
) -> Verdict:
    one.refused(str(error), now=now)
    return rules.verdict_on(one, error, sent_at=now - took_s, now=now, is_late=is_late)


@pytest.mark.parametrize(
    ("error", "completion", "failure"),
    [
        (None, Action.DONE, Action.DONE),
        (EMPTY_200, Action.DOUBT, Action.DOUBT),
        (REFUSED, Action.AGAIN, Action.AGAIN),
        (EngineTimeoutError("no answer", was_sent=False), Action.AGAIN, Action.AGAIN),
        (EngineClientError(401, "who are you"), Action.AGAIN, Action.AGAIN),
        (EngineClientError(403, "no"), Action.AGAIN, Action.AGAIN),
        (EngineClientError(407, "no"), Action.AGAIN, Action.AGAIN),
        (EngineClientError(429, "slow down"), Action.AGAIN, Action.AGAIN),
        (CUT, Action.AGAIN, Action.DOUBT),
        (HTML_200, Action.AGAIN, Action.DOUBT),
        (ValueError("of a client of the user's own"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(302, "x"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(404, "404 page not found"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(404, "x", code="not-found"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(410, "gone"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(500, "oops"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(502, "Bad Gateway"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(503, "x"), Action.AGAIN, Action.DOUBT),
        (refusal(503, "internal-error"), Action.AGAIN, Action.DOUBT),
        (EngineClientError(413, "too large"), Action.COMPARE, Action.DOUBT),
        (EngineClientError(504, "Gateway Timeout"), Action.DOUBT, Action.DOUBT),
        (TIMEOUT, Action.DOUBT, Action.DOUBT),
        (TimeoutError(), Action.DOUBT, Action.DOUBT),
        (refusal(400, "bad-request"), Action.FAIL_INSTEAD, Action.REFUSED),
        (refusal(404, "not-found"), Action.REFUSED, Action.REFUSED),
        (refusal(409, "conflict"), Action.REFUSED, Action.REFUSED),
        (LeaseLostError("over"), Action.REFUSED, Action.REFUSED),
        (ENGINE_500, Action.AGAIN, Action.DOUBT),
        (refusal(500, "internal-error", 'schema violation: field "x" …'), Action.REJECTED, Action.REFUSED),
    ],
)
def test_each_row_of_the_table(error: Exception | None, completion: Action, failure: Action) -> None:
    assert verdict_on(report(), error).action is completion
    assert verdict_on(report(completes=False), error).action is failure


@pytest.mark.parametrize("completes", [True, False])
def test_a_204_past_the_leases_end_is_in_doubt(completes: bool) -> None:
    assert verdict_on(report(completes=completes), None, is_late=True).action is Action.DOUBT


@pytest.mark.parametrize(
    "error", [CUT, EngineClientError(502, "Bad Gateway"), EngineClientError(503, "reset")]
)
def test_what_was_lost_after_a_while_may_still_be_under_way(error: Exception) -> None:
    assert verdict_on(report(), error, took_s=2.0).action is Action.DOUBT


@pytest.mark.parametrize("took_s", [0.2, 1.0, 5.0, 9.9, 30.0])
def test_after_a_time_out_nothing_is_sent_while_a_stall_of_ten_seconds_may_last(took_s: float) -> None:
    one = report()
    for tries in range(4):
        one.slow_tries = tries
        assert took_s + verdict_on(one, TIMEOUT, now=100.0, took_s=took_s).hold_s > 10.0
    assert verdict_on(one, TIMEOUT).hold_s > HOLD_AFTER_TIMEOUT_S


def test_after_a_cut_the_engine_is_given_a_moment() -> None:
    assert verdict_on(report(), CUT).hold_s == HOLD_AFTER_CUT_S
    assert verdict_on(report(), REFUSED).hold_s == 0.0


@pytest.mark.parametrize("asked_s", [7.0, 20.0, 120.0, 9_999.0])
def test_a_retry_after_never_holds_a_result_past_its_lease(asked_s: float) -> None:
    error = EngineClientError(503, "later", retry_after_s=asked_s)
    assert verdict_on(report(), error, now=5.0).pause_s == min(asked_s, 22.0)
    assert verdict_on(report(), error, now=29.0).pause_s == 0.0
    assert verdict_on(report(lease=False), error, now=5.0).pause_s == min(asked_s, 120.0)


def actions(error: Exception, times: list[float], *, was_refused: bool = False) -> list[Action]:
    one = report()
    one.was_refused = was_refused
    return [verdict_on(one, error, now=now).action for now in times]


def test_the_same_refusal_eight_times_over_a_minute_is_for_good() -> None:
    assert actions(ENGINE_500, [0, 1, 2, 3, 4, 5, 6, 7, 59, 60.5])[-2:] == [Action.AGAIN, Action.REFUSED]
    assert actions(ENGINE_500, [0, 10, 20, 30, 40, 50, 70])[-1] is Action.AGAIN


def test_a_job_that_was_refused_before_is_tried_briefly() -> None:
    assert actions(ENGINE_500, [0.0, 0.3], was_refused=True) == [Action.AGAIN, Action.REFUSED]


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 410, 429, 500, 502, 503])
def test_something_else_may_answer_for_ever(status: int) -> None:
    error = EngineClientError(status, "not the engine")
    assert set(actions(error, [60.0 * n for n in range(100)])) == {Action.AGAIN}


def test_another_reason_starts_the_count_anew() -> None:
    one = report()
    for second in range(0, 120, 10):
        reason = f"reason {second // 60}"
        action = verdict_on(one, refusal(500, "internal-error", reason), now=float(second)).action
        assert action is Action.AGAIN


def test_the_back_off_is_capped_low() -> None:
    assert 0 < back_off_s(1) < 0.2
    assert max(back_off_s(tries) for tries in range(100)) <= 2.0
