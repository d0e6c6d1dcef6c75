"""Report: one outcome on its way to the engine."""

from __future__ import annotations

import enum

from workflow_sdk.runner.job.claim import Claim, JobHolder
from workflow_sdk.runner.job.outcome import Completed, Failed, Outcome

# The same refusal this often, over this long: it will not go away.
REFUSALS = 8
REFUSED_FOR_S = 60.0
# A job that was refused before is given this many tries.
BRIEF_REFUSALS = 2


class Settlement(enum.Enum):
    """How the runner is done with a job."""

    ACKNOWLEDGED = "acknowledged"  # the engine has the outcome
    ENDED = "ended"  # the step, or its instance, has ended otherwise; nothing is left to report
    REJECTED = "rejected"  # the engine has taken the result, and ended the step over it
    REFUSED = "refused"  # the engine will never take it
    LEFT = "left"  # not sent, or nobody knows: the job is left to its lease, or to its partition's next owner

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done for the attempt, by anybody."""
        return self in (Settlement.ACKNOWLEDGED, Settlement.ENDED, Settlement.REJECTED)


class Report:
    """Until something happens to a report the class's values stand for its own, as in `InFlight`.

    `claim` is the job's latest: it may be renewed while the report waits.

    `not_before` is when it may be sent again at the earliest: the engine may still be at work on the last try.
    `was_acknowledged`: a 204 came for it, if too late to count by itself. `proved` is set when the job's next
    attempt has come: this failure has arrived, whatever was answered.
    `is_overtaken`: somebody else has failed the attempt, so that no failure of it may follow.
    `answered_at`: the engine answered a question that was asked since `doubted_at`; 0 before it is known.
    `cleared_for`: under this holder it is known that none before has reported the job.
    `was_refused` says that an earlier report of the same outcome was refused for good.
    """

    tries: int = 0
    last_tried: float = 0.0
    not_before: float = 0.0
    slow_tries: int = 0
    failed_alone: int = 0
    has_own_trouble: bool = False
    is_in_doubt: bool = False
    was_acknowledged: bool = False
    doubted_at: float = 0.0
    doubted_progress_s: float = 0.0
    answered_at: float = 0.0
    cleared_for: JobHolder | None = None
    proved: bool = False
    is_overtaken: bool = False
    refusal: str = ""
    refusals: int = 0
    refused_since: float = 0.0
    times_too_large: int = 0

    def __init__(self, claim: Claim, outcome: Outcome, *, created: float, was_refused: bool = False) -> None:
        self.claim = claim
        self.outcome = outcome
        self.created = created
        self.was_refused = was_refused

    @property
    def is_completion(self) -> bool:
        return isinstance(self.outcome, Completed)

    @property
    def kind(self) -> str:
        """By which of the engine's calls it is made."""
        return "complete" if self.is_completion else "fail"

    @property
    def is_last(self) -> bool:
        """Whether this failure ends the step: then its history shows it."""
        return isinstance(self.outcome, Failed) and (
            not self.outcome.retryable or self.claim.retries_remaining <= 0
        )

    @property
    def is_uncleared(self) -> bool:
        """Whether it is a failure of a job that somebody before may have reported, which is not known yet."""
        holder = self.claim.holder
        return not self.is_completion and holder not in (None, self.cleared_for) and holder.is_inherited

    def refused(self, words: str, *, now: float) -> None:
        """Count an answer that refuses it; other words start the count anew."""
        if words != self.refusal:
            self.refusal, self.refusals, self.refused_since = words, 0, now
        self.refusals += 1

    def is_refused_for_good(self, now: float) -> bool:
        """The same answer again and again: this request cannot be served, whatever the engine's state."""
        if self.was_refused and self.refusals >= BRIEF_REFUSALS:
            return True
        return self.refusals >= REFUSALS and now - self.refused_since >= REFUSED_FOR_S

    def turn_into(self, failure: Failed) -> None:
        """Report this in place of a result that can never arrive."""
        self.outcome = failure
        self.tries = self.refusals = self.slow_tries = self.times_too_large = 0
        self.not_before = 0.0
