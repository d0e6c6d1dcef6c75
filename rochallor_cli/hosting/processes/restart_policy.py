"""When a dead child is started again, and when to give up: pure, time is passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """How patient the supervisor is with a child that keeps dying; all times in seconds."""

    first_delay_s: float = 0.5
    factor: float = 2.0
    longest_delay_s: float = 30.0
    # A child that was ready for this long has proven itself: its next death starts a new count.
    proven_after_s: float = 30.0
    deaths_allowed: int = 5


class RestartHistory:
    """The deaths of one kept process, in a row."""

    def __init__(self, policy: RestartPolicy) -> None:
        self.policy = policy
        self.deaths_in_a_row = 0

    def died(self, *, ready_for_s: float, with_jobs: bool = False) -> None:
        """Count a death; `ready_for_s` is how long the child had served (0 if it never was ready).

        A death that came `with_jobs` is laid to them: it makes the next start wait, and no crash loop.
        """
        if ready_for_s >= self.policy.proven_after_s:
            self.deaths_in_a_row = 0
        if with_jobs:
            self.deaths_in_a_row = max(1, min(self.deaths_in_a_row, self.policy.deaths_allowed - 1))
        else:
            self.deaths_in_a_row += 1

    @property
    def is_crash_loop(self) -> bool:
        return self.deaths_in_a_row >= self.policy.deaths_allowed

    @property
    def delay_s(self) -> float:
        """Seconds to wait before the next start; 0 before the first death."""
        if self.deaths_in_a_row == 0:
            return 0.0
        policy = self.policy
        delay_s = policy.first_delay_s * policy.factor ** (self.deaths_in_a_row - 1)
        return min(delay_s, policy.longest_delay_s)
