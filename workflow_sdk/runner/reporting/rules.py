"""What happens to a report that was not taken: one table, pure.

Rows are looked through from the top; the first that fits decides. A failure that may have arrived and has a
lease is left to it: the engine takes every `fail` at face value, so a second one would cost a retry.
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass
from typing import NamedTuple

from workflow_sdk.client.judge import is_refusal
from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError, LeaseLostError
from workflow_sdk.runner.job.report import Report

# After a time-out the engine may still be at work on the report; two at once would advance the flow twice.
HOLD_AFTER_TIMEOUT_S = 1.0
# After a cut connection the engine may be about to finish.
HOLD_AFTER_CUT_S = 0.3
FIRST_BACK_OFF_S = 0.05
MAX_BACK_OFF_S = 2.0
MAX_RETRY_AFTER_S = 120.0
# Who refuses everything (no token, wrong path) is asked this seldom.
REFUSED_BACK_OFF_S = 5.0


class Who(enum.Enum):
    """Who answered a report, or how it ended without an answer."""

    ENGINE = "engine"
    GATEWAY = "gateway"
    SILENCE = "silence"
    CUT = "cut"
    NOT_SENT = "not sent"


class Action(enum.Enum):
    AGAIN = "again"
    REFUSED = "refused"
    LEAVE = "leave"


class Verdict(NamedTuple):
    """What to do with a report that failed; `hold_s` must pass before it is sent again, in any case."""

    action: Action
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `statuses` is None for any; `lasting` is what the same answer, over and over, comes to."""

    who: Who
    statuses: range | tuple[int, ...] | None
    action: Action
    hold_s: float = 0.0
    lasting: Action = Action.AGAIN
    may_have_arrived: bool = False


RULES = (
    Rule(Who.ENGINE, range(400, 500), Action.REFUSED),
    Rule(Who.ENGINE, None, Action.AGAIN, HOLD_AFTER_CUT_S, lasting=Action.REFUSED),
    # Certainly not passed on to the engine.
    Rule(Who.GATEWAY, (401, 403, 407, 429), Action.AGAIN, HOLD_AFTER_CUT_S),
    Rule(Who.GATEWAY, (504,), Action.AGAIN, HOLD_AFTER_TIMEOUT_S, may_have_arrived=True),
    Rule(Who.GATEWAY, None, Action.AGAIN, HOLD_AFTER_CUT_S, may_have_arrived=True),
    Rule(Who.SILENCE, None, Action.AGAIN, HOLD_AFTER_TIMEOUT_S, may_have_arrived=True),
    Rule(Who.CUT, None, Action.AGAIN, HOLD_AFTER_CUT_S, may_have_arrived=True),
    Rule(Who.NOT_SENT, None, Action.AGAIN),
)
# Who refuses everything (no token, a login page, another's backend).
_REFUSES_ALL = (301, 302, 303, 307, 308, 401, 403, 404, 407)


def rule_for(error: Exception) -> Rule:
    """The row for what came in place of an acknowledgement."""
    who = _who(error)
    status = error.status_code if isinstance(error, EngineClientError) else 0
    return next(
        rule for rule in RULES if rule.who is who and (rule.statuses is None or status in rule.statuses)
    )


def verdict_on(report: Report, error: Exception, *, now: float) -> Verdict:
    """What to do with `report`, which has counted its refusals, this one included."""
    if isinstance(error, LeaseLostError):
        return Verdict(Action.REFUSED)
    rule = rule_for(error)
    if not report.is_completion and report.claim.lease is not None and rule.may_have_arrived:
        return Verdict(Action.LEAVE)
    if rule.lasting is Action.REFUSED and report.is_refused_for_good(now):
        return Verdict(Action.REFUSED)
    asked_for_s = error.retry_after_s if isinstance(error, EngineClientError) else None
    if rule.action is Action.AGAIN and asked_for_s is not None:
        return Verdict(rule.action, min(asked_for_s, MAX_RETRY_AFTER_S))
    return Verdict(rule.action, rule.hold_s)


def back_off_s(tries: int) -> float:
    """Doubling, capped low: a result that waits is a job another worker may be given."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    return min(FIRST_BACK_OFF_S * 2.0 ** min(tries, 10) * spread, MAX_BACK_OFF_S)


def pause_s(error: Exception, tries: int) -> float:
    """How long to wait before a request that failed for so many times is tried again."""
    is_refusal = isinstance(error, EngineClientError) and error.status_code in _REFUSES_ALL
    return REFUSED_BACK_OFF_S if is_refusal else back_off_s(tries)


def _who(error: Exception) -> Who:
    if isinstance(error, EngineClientError):
        return Who.ENGINE if is_refusal(error) else Who.GATEWAY
    if isinstance(error, EngineUnreachableError) and not error.was_sent:
        return Who.NOT_SENT
    return Who.SILENCE if isinstance(error, EngineTimeoutError | TimeoutError) else Who.CUT
