"""What is done with a report that failed: the rules, without a network."""

from __future__ import annotations

import pytest

from workflow_sdk.client.judge import is_from_engine
from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError, LeaseLostError
from workflow_sdk.job import job_from_poll
from workflow_sdk.runner.job.claim import Lease, claim_of
from workflow_sdk.runner.job.outcome import NOTHING, Failed
from workflow_sdk.runner.job.report import Report
from workflow_sdk.runner.reporting import rules
from workflow_sdk.runner.reporting.rules import (
    HOLD_AFTER_CUT_S,
    Action,
    Verdict,
    back_off_s,
)


def refusal(status: int, code: str, reason: str = "no") -> EngineClientError:
    """An answer in the engine's own shape."""
    return EngineClientError(status, reason, code=code, reason=reason)


ENGINE_500 = refusal(500, "internal-error", 'job "x" not found')
HTML_500 = EngineClientError(500, "oops")
REFUSED = EngineUnreachableError("connection refused", was_sent=False)
CUT = EngineUnreachableError("connection closed before the answer")


def report(*, completes: bool = True, lease: bool = True) -> Report:
    claim = claim_of(job_from_poll({"id": "j", "jobType": "t"}), lease=Lease(30.0, 30.0) if lease else None)
    return Report(claim, NOTHING if completes else Failed("no", retryable=True), created=0.0)


def verdict_on(report: Report, error: Exception, *, now: float) -> Verdict:
    report.refused(str(error), now=now)
    return rules.verdict_on(report, error, now=now)


@pytest.mark.parametrize(
    ("error", "hold_s"),
    [
        (REFUSED, 0.0),
        (CUT, HOLD_AFTER_CUT_S),
        (EngineTimeoutError("no answer"), 1.0),
        (EngineTimeoutError("no answer", was_sent=False), 0.0),
        (TimeoutError(), 1.0),
        (ValueError("of a client of the user's own"), HOLD_AFTER_CUT_S),
        (EngineClientError(502, "Bad Gateway"), HOLD_AFTER_CUT_S),
        (EngineClientError(504, "Gateway Timeout"), 1.0),
        (EngineClientError(429, "slow down", retry_after_s=7.0), 7.0),
        (EngineClientError(503, "later", retry_after_s=9_999.0), 120.0),
        (EngineClientError(401, "who are you"), HOLD_AFTER_CUT_S),
        (EngineClientError(404, "404 page not found"), HOLD_AFTER_CUT_S),
        (HTML_500, HOLD_AFTER_CUT_S),
        (EngineClientError(410, "gone"), HOLD_AFTER_CUT_S),
        (EngineClientError(413, "too large"), HOLD_AFTER_CUT_S),
        (EngineClientError(401, "invalid_token", code="invalid_token"), HOLD_AFTER_CUT_S),
        (EngineClientError(404, "x", code="not-found"), HOLD_AFTER_CUT_S),
        (refusal(503, "internal-error"), HOLD_AFTER_CUT_S),
        (ENGINE_500, HOLD_AFTER_CUT_S),
    ],
)
def test_a_completion_is_sent_again_but_not_too_soon(error: Exception, hold_s: float) -> None:
    assert verdict_on(report(), error, now=1.0) == (Action.AGAIN, hold_s)


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "bad-request"),
        refusal(404, "not-found"),
        refusal(409, "conflict"),
        LeaseLostError("over"),
    ],
)
def test_an_answer_that_will_not_change_refuses_the_report_for_good(error: Exception) -> None:
    assert verdict_on(report(), error, now=1.0).action is Action.REFUSED


def actions(error: Exception, times: list[float]) -> list[Action]:
    one = report()
    return [verdict_on(one, error, now=now).action for now in times]


def test_the_same_refusal_eight_times_over_a_minute_is_for_good() -> None:
    error = ENGINE_500
    assert actions(error, [0, 1, 2, 3, 4, 5, 6, 7, 59, 60.5])[-2:] == [Action.AGAIN, Action.REFUSED]
    assert actions(error, [0, 10, 20, 30, 40, 50, 70])[-1] is Action.AGAIN


def test_a_gateway_may_be_in_trouble_for_ever() -> None:
    bad_gateway = EngineClientError(502, "Bad Gateway")
    assert set(actions(bad_gateway, [60.0 * n for n in range(100)])) == {Action.AGAIN}


def test_another_reason_starts_the_count_anew() -> None:
    one = report()
    for second in range(0, 120, 10):
        reason = f"reason {second // 60}"
        action = verdict_on(one, refusal(500, "internal-error", reason), now=float(second)).action
        assert action is Action.AGAIN


@pytest.mark.parametrize(
    "error",
    [
        CUT,
        EngineTimeoutError("no answer"),
        EngineClientError(502, "x"),
        EngineClientError(504, "x"),
        EngineClientError(503, "x"),
        EngineClientError(404, "x"),
        OSError(),
    ],
)
def test_a_failure_that_may_have_arrived_is_not_sent_again(error: Exception) -> None:
    assert verdict_on(report(completes=False), error, now=1.0).action is Action.LEAVE


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        EngineClientError(429, "x"),
        EngineClientError(407, "x"),
        ENGINE_500,
        EngineClientError(401, "x"),
    ],
)
def test_a_failure_that_cannot_have_arrived_is_sent_again(error: Exception) -> None:
    assert verdict_on(report(completes=False), error, now=1.0).action is Action.AGAIN


def test_without_a_lease_nobody_else_would_bring_the_job_back() -> None:
    assert verdict_on(report(completes=False, lease=False), CUT, now=1.0).action is Action.AGAIN


def test_a_failure_is_too_late_after_the_lease_and_a_completion_never() -> None:
    assert report(completes=False).is_too_late(30.0)
    assert not report(completes=False).is_too_late(29.9)
    assert not report(completes=False, lease=False).is_too_late(1e9)
    assert not report().is_too_late(1e9)


def test_the_back_off_is_capped_low() -> None:
    assert 0 < back_off_s(1) < 0.2
    assert max(back_off_s(tries) for tries in range(100)) <= 2.0


def test_a_gateways_answers_are_told_from_the_engines() -> None:
    assert is_from_engine(ENGINE_500)
    assert not is_from_engine(EngineClientError(400, "text"))
    assert not is_from_engine(HTML_500)
    assert not is_from_engine(EngineClientError(404, "404 page not found"))
    assert not is_from_engine(CUT)
