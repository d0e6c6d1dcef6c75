"""Report: one outcome on its way to the engine."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Completed, Outcome

# The same refusal this often, over this long: it will not go away.
REFUSALS = 8
REFUSED_FOR_S = 60.0


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

    def refused(self, words: str, *, now: float) -> None:
        """Count an answer that refuses it; other words start the count anew."""
        if words != self.refusal:
            self.refusal, self.refusals, self.refused_since = words, 0, now
        self.refusals += 1

    def is_refused_for_good(self, now: float) -> bool:
        """The same answer again and again: this request cannot be served, whatever the engine's state."""
        return self.refusals >= REFUSALS and now - self.refused_since >= REFUSED_FOR_S
