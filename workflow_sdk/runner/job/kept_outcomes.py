"""Kept outcomes: results that could not be reported, in case the same job is handed out here again."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome

MAX_KEPT = 1_000


class KeptOutcome(NamedTuple):
    """One outcome; `was_refused` by the engine, for good."""

    outcome: Outcome
    retries_remaining: int
    was_refused: bool


class KeptOutcomes:
    """Bounded: the oldest outcome makes room. Running the handler again is then the engine's word."""

    def __init__(self, limit: int = MAX_KEPT) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, KeptOutcome] = OrderedDict()

    def keep(self, claim: Claim, outcome: Outcome, *, was_refused: bool = False) -> None:
        self._kept[claim.key] = KeptOutcome(outcome, claim.retries_remaining, was_refused)
        self._kept.move_to_end(claim.key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def take(self, claim: Claim) -> KeptOutcome | None:
        """What is kept for this very attempt, and for it alone if it is a failure.

        With fewer retries left the kept failure did arrive after all, and this is the next attempt.
        """
        kept = self._kept.pop(claim.key, None)
        if kept is None:
            return None
        if isinstance(kept.outcome, Completed) or kept.retries_remaining == claim.retries_remaining:
            return kept
        return None
