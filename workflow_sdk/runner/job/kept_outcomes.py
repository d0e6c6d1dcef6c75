"""Kept outcomes: results that could not be reported, in case the same job is handed out here again."""

from __future__ import annotations

from collections import OrderedDict

from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome

MAX_KEPT = 1_000


class KeptOutcomes:
    """Bounded: the oldest outcome makes room. Running the handler again is then the engine's word."""

    def __init__(self, limit: int = MAX_KEPT) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, tuple[int, Outcome]] = OrderedDict()

    def keep(self, claim: Claim, outcome: Outcome) -> None:
        self._kept[claim.job_id] = (claim.retries_remaining, outcome)
        self._kept.move_to_end(claim.job_id)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def take(self, claim: Claim) -> Outcome | None:
        """The outcome kept for this very attempt.

        With fewer retries left the kept failure did arrive after all, and this is the next attempt.
        """
        if not self._kept or claim.job_id not in self._kept:
            return None
        retries_remaining, outcome = self._kept.pop(claim.job_id)
        if isinstance(outcome, Completed) or retries_remaining == claim.retries_remaining:
            return outcome
        return None


class FailureCounts:
    """How often each job has failed here lately: the attempt number for retry delays."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._counts: OrderedDict[str, int] = OrderedDict()

    def failed(self, job_id: str) -> int:
        """Count one more failure; → how many there are now."""
        count = self._counts.pop(job_id, 0) + 1
        self._counts[job_id] = count
        if len(self._counts) > self._limit:
            self._counts.popitem(last=False)
        return count
