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
