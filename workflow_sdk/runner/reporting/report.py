"""Report: one outcome on its way to the engine, and the rules for what to do when that fails."""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass
from typing import NamedTuple

from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError, LeaseLostError
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome

# After a time-out the engine may still be at work on the report; two at once would advance the flow twice.
HOLD_AFTER_TIMEOUT_S = 1.0
# After a cut connection the engine may be about to finish.
HOLD_AFTER_CUT_S = 0.3
FIRST_BACK_OFF_S = 0.05
MAX_BACK_OFF_S = 2.0
MAX_RETRY_AFTER_S = 120.0
# The same refusal this often, over this long: it will not go away.
REFUSALS = 8
REFUSED_FOR_S = 60.0

_GATEWAY_BUSY = (408, 425, 429)
# A gateway that is being reloaded answers these for a while; from the engine itself they carry its code.
_GATEWAY_UNREADY = (401, 403, 404, 407)
_NOT_PROCESSED = (401, 403, 404, 407, 408, 425, 429, 500, 503)


class Settlement(enum.Enum):
    """How the runner is done with a job."""

    ACKNOWLEDGED = "acknowledged"  # the engine has the outcome
    REFUSED = "refused"  # the engine will never take it
    LEFT = "left"  # not sent: the job is left to its lease


@dataclass(slots=True, eq=False)
class Report:
    """`claim` is the job's latest: its lease may be renewed while the report waits."""

    claim: Claim
    outcome: Outcome
    created: float
    tries: int = 0
    last_tried: float = 0.0
    failed_alone: int = 0
    has_own_trouble: bool = False
    refusal: str = ""
    refusals: int = 0
    refused_since: float = 0.0

    @property
    def is_completion(self) -> bool:
        return isinstance(self.outcome, Completed)

    def is_too_late(self, now: float) -> bool:
        """A failure must not be sent when the lease is over: the engine takes it at face value."""
        lease = self.claim.lease
        return not self.is_completion and lease is not None and now >= lease.end


class Action(enum.Enum):
    AGAIN = "again"
    REFUSED = "refused"
    LEAVE = "leave"


class Verdict(NamedTuple):
    """What to do with a report that failed; `hold_s` must pass before it is sent again, in any case."""

    action: Action
    hold_s: float = 0.0


def verdict_on(report: Report, error: Exception, *, now: float) -> Verdict:
    """The rules. They count the refusals of `report`."""
    report.tries += 1
    if not report.is_completion and report.claim.lease is not None and _may_have_arrived(error):
        return Verdict(Action.LEAVE)
    if isinstance(error, LeaseLostError):
        return Verdict(Action.REFUSED)
    if isinstance(error, EngineClientError):
        return _verdict_on_answer(report, error, now)
    if not _was_sent(error):
        return Verdict(Action.AGAIN)
    is_timeout = isinstance(error, EngineTimeoutError | TimeoutError)
    return Verdict(Action.AGAIN, HOLD_AFTER_TIMEOUT_S if is_timeout else HOLD_AFTER_CUT_S)


def is_from_engine(error: Exception) -> bool:
    """Whether the engine itself answered, rather than something in front of it."""
    if not isinstance(error, EngineClientError):
        return False
    if error.code:
        return True
    return error.status_code < 500 and error.status_code not in _GATEWAY_BUSY + _GATEWAY_UNREADY


def back_off_s(tries: int) -> float:
    """Doubling, capped low: a result that waits is a job another worker may be given."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    return min(FIRST_BACK_OFF_S * 2.0 ** min(tries, 10) * spread, MAX_BACK_OFF_S)


def _verdict_on_answer(report: Report, error: EngineClientError, now: float) -> Verdict:
    status = error.status_code
    if 400 <= status < 500 and is_from_engine(error):
        return Verdict(Action.REFUSED)
    if (is_from_engine(error) or status in _GATEWAY_UNREADY) and _is_refused_for_good(report, error, now):
        return Verdict(Action.REFUSED)
    if error.retry_after_s is not None:
        return Verdict(Action.AGAIN, min(error.retry_after_s, MAX_RETRY_AFTER_S))
    return Verdict(Action.AGAIN, HOLD_AFTER_TIMEOUT_S if status == 504 else HOLD_AFTER_CUT_S)


def _is_refused_for_good(report: Report, error: EngineClientError, now: float) -> bool:
    """The same answer again and again: this request cannot be served, whatever the engine's state."""
    if str(error) != report.refusal:
        report.refusal, report.refusals, report.refused_since = str(error), 0, now
    report.refusals += 1
    return report.refusals >= REFUSALS and now - report.refused_since >= REFUSED_FOR_S


def _may_have_arrived(error: Exception) -> bool:
    if isinstance(error, EngineClientError):
        return error.status_code not in _NOT_PROCESSED and not is_from_engine(error)
    return _was_sent(error)


def _was_sent(error: Exception) -> bool:
    return error.was_sent if isinstance(error, EngineUnreachableError) else True
