"""What happens to a report: one table, pure.

Rows are looked through from the top; the first that fits decides. What cannot be told from the answer is in
doubt, and the instance's history decides (`doubtful_reports`): a completion sent twice, one after the other, is
harmless, a failure is not, so a failure is sent again only where it certainly was not passed on.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from workflow_sdk.client.judgement import Judgement, is_schema_violation, judgement_of, was_not_forwarded
from workflow_sdk.errors import EngineClientError, EngineTimeoutError, LeaseLostError
from workflow_sdk.runner.job.report import Report

# After a time-out the engine may still be at work on the report, for as long as its database stands still; two
# at once would advance the flow twice. Counted from when it was sent, doubled with each further time-out.
HOLD_AFTER_TIMEOUT_S = 11.0
MAX_HOLD_S = 40.0
# After a cut connection the engine may be about to finish.
HOLD_AFTER_CUT_S = 0.3
# A loss that took so long was no refusal at the door: whoever lost it may have passed it on.
SLOW_S = 0.5
FIRST_BACK_OFF_S = 0.05
MAX_BACK_OFF_S = 2.0
MAX_RETRY_AFTER_S = 120.0
# What a Retry-After leaves of the lease, to send the result in.
RETRY_AFTER_MARGIN_S = 3.0
# Who refuses everything (no token, wrong path) is asked this seldom.
REFUSED_BACK_OFF_S = 5.0


class TryResult(enum.Enum):
    """What came of a try."""

    TAKEN = "204, in time"
    TAKEN_LATE = "204, past the lease's end"
    EMPTY = "another empty 2xx"
    FINAL = "schema violation"
    LEASE_LOST = "a client's own LeaseLostError"
    ENGINE = "the engine's refusal"
    NOT_FORWARDED = "certainly not passed on"
    TOO_LARGE = "413"
    SLOW = "no answer in time, or somebody else's after a while"
    LOST = "cut, or somebody else's answer"


class Action(enum.Enum):
    DONE = "done"
    AGAIN = "again"
    DOUBT = "in doubt"
    REFUSED = "refused"
    REJECTED = "rejected"
    FAIL_INSTEAD = "fail instead"
    COMPARE = "compare with a small one"


class Verdict(NamedTuple):
    """What to do with a report. `hold_s` must pass, from now, before it is sent again, in any case; `pause_s`
    was asked for, and ends when the engine is heard of. `is_slow`: the next hold of a try like this one is longer.
    """

    action: Action
    hold_s: float = 0.0
    pause_s: float = 0.0
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what it means to a completion and to a failure. `statuses` None: any.

    `lasting` is what the same answer, over and over, comes to.
    """

    result: TryResult
    statuses: Container[int] | None
    completion: Action
    failure: Action
    lasting: Action = Action.AGAIN


RULES = (
    Rule(TryResult.TAKEN, None, Action.DONE, Action.DONE),
    Rule(TryResult.TAKEN_LATE, None, Action.DOUBT, Action.DOUBT),
    Rule(TryResult.EMPTY, None, Action.DOUBT, Action.DOUBT),
    Rule(TryResult.FINAL, None, Action.REJECTED, Action.REFUSED),
    Rule(TryResult.LEASE_LOST, None, Action.REFUSED, Action.REFUSED),
    # The body itself cannot be read: of a result that will never change.
    Rule(TryResult.ENGINE, (400,), Action.FAIL_INSTEAD, Action.REFUSED),
    Rule(TryResult.ENGINE, range(400, 500), Action.REFUSED, Action.REFUSED),
    Rule(TryResult.ENGINE, None, Action.AGAIN, Action.DOUBT, lasting=Action.REFUSED),
    Rule(TryResult.NOT_FORWARDED, None, Action.AGAIN, Action.AGAIN),
    Rule(TryResult.TOO_LARGE, None, Action.COMPARE, Action.DOUBT),
    Rule(TryResult.SLOW, None, Action.DOUBT, Action.DOUBT),
    Rule(TryResult.LOST, None, Action.AGAIN, Action.DOUBT),
)
# What the first row comes to, which is looked up for nearly every job.
_TAKEN = Verdict(RULES[0].completion)
# Who refuses everything (no token, a login page, another's backend).
_REFUSES_ALL = (301, 302, 303, 307, 308, 401, 403, 404, 407)


def result_of(error: Exception | None, *, took_s: float, is_late: bool) -> TryResult:
    """The row of the table; `error` is None for a 204, which is late when the lease has ended meanwhile."""
    judged = judgement_of(error)
    if error is None:
        return TryResult.TAKEN_LATE if is_late else TryResult.TAKEN
    if judged is Judgement.DOUBTFUL:
        return TryResult.EMPTY
    if is_schema_violation(error):
        return TryResult.FINAL
    if isinstance(error, LeaseLostError):
        return TryResult.LEASE_LOST
    if judged is Judgement.REFUSED:
        return TryResult.ENGINE
    if was_not_forwarded(error):
        return TryResult.NOT_FORWARDED
    status = status_of(error)
    if status == 413:
        return TryResult.TOO_LARGE
    is_slow = took_s >= SLOW_S or status == 504 or isinstance(error, EngineTimeoutError | TimeoutError)
    return TryResult.SLOW if is_slow else TryResult.LOST


def verdict_on(
    report: Report, error: Exception | None, *, sent_at: float, now: float, is_late: bool
) -> Verdict:
    """What to do with `report`, which has counted this try, and its refusal."""
    if error is None and not is_late:
        return _TAKEN
    result = result_of(error, took_s=now - sent_at, is_late=is_late)
    status = status_of(error)
    rule = next(
        row for row in RULES if row.result is result and (row.statuses is None or status in row.statuses)
    )
    action = rule.completion if report.is_completion else rule.failure
    if rule.lasting is not Action.AGAIN and report.is_refused_for_good(now):
        action = rule.lasting
    return Verdict(
        action,
        _hold_s(report, result, sent_at, now),
        _asked_for_s(report, error, now),
        is_slow=result is TryResult.SLOW,
    )


def status_of(error: BaseException | None) -> int:
    return error.status_code if isinstance(error, EngineClientError) else 0


def back_off_s(tries: int) -> float:
    """Doubling, capped low: a result that waits is a job another worker may be given."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    return min(FIRST_BACK_OFF_S * 2.0 ** min(tries, 10) * spread, MAX_BACK_OFF_S)


def pause_s(error: Exception | None, tries: int, *, refusals: Container[int] = _REFUSES_ALL) -> float:
    """How long to wait before a request that failed for so many times is tried again."""
    return REFUSED_BACK_OFF_S if status_of(error) in refusals else back_off_s(tries)


def _hold_s(report: Report, result: TryResult, sent_at: float, now: float) -> float:
    if result is TryResult.SLOW:
        whole_s = min(HOLD_AFTER_TIMEOUT_S * 2.0 ** min(report.slow_tries, 8), MAX_HOLD_S)
        return max(sent_at + whole_s - now, 1.0)
    return 0.0 if result in (TryResult.TAKEN, TryResult.NOT_FORWARDED) else HOLD_AFTER_CUT_S


def _asked_for_s(report: Report, error: Exception | None, now: float) -> float:
    """What a Retry-After asks for; a finished result is not held past its lease by it."""
    asked_s = error.retry_after_s if isinstance(error, EngineClientError) else None
    if asked_s is None:
        return 0.0
    asked_s = min(asked_s, MAX_RETRY_AFTER_S)
    lease = report.claim.lease
    return asked_s if lease is None else max(min(asked_s, lease.end - RETRY_AFTER_MARGIN_S - now), 0.0)
