"""What a runner says of itself: while it runs (snapshot) and afterwards (summary)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["starting", "running", "draining", "stopped"]

# The percentiles are those of the latest runs: exact, and bounded in memory.
DURATIONS_KEPT = 2_048


@dataclass(frozen=True, slots=True)
class JobTypeSummary:
    """Jobs of one type: completed, failed for good, failed and retried; seconds its handler ran."""

    done: int
    failed: int
    retried: int
    p50_s: float
    p99_s: float


@dataclass(frozen=True, slots=True)
class AbandonedJob:
    """A job that was left to its lease. `where`: the line its handler was at; `ran_s`: seconds so far."""

    job_id: str
    job_type: str
    instance_id: str
    ran_s: float
    where: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run ended. `drained` is False when jobs were abandoned; `drain_s` is how long that took."""

    types: Mapping[str, JobTypeSummary]
    abandoned: tuple[AbandonedJob, ...]
    drain_s: float

    @property
    def drained(self) -> bool:
        return not self.abandoned


@dataclass(frozen=True, slots=True)
class InFlightJob:
    """One job the runner holds. `phase`: running, held (waits for its retry delay), reporting."""

    job_id: str
    job_type: str
    instance_id: str
    phase: str
    ran_s: float
    is_stuck: bool
    where: str


@dataclass(frozen=True, slots=True)
class RunnerSnapshot:
    """A runner at one moment.

    `engine_reachable` is None until the engine was asked; `engine_state_s` is how long that has been
    so and `engine_reason` why not. `last_tick_s` is the age of the loop's last sign of life, `quiet_s`
    the time since a job was last claimed or settled. `source_trouble` says what else than the engine keeps
    jobs from coming: brokers that are away, a group still to be joined. `surplus` says that all is well and other
    workers have all there is to do; `shortage`, that the system lets this one do nothing.
    """

    worker_id: str
    state: State
    engine_url: str
    engine_reachable: bool | None
    engine_reason: str
    engine_state_s: float
    slots: int
    in_flight: tuple[InFlightJob, ...]
    waiting_reports: int
    types: Mapping[str, JobTypeSummary]
    last_tick_s: float
    quiet_s: float
    source_trouble: str = ""
    is_paused: bool = False
    surplus: str = ""
    shortage: str = ""

    @property
    def is_idle(self) -> bool:
        """Nothing runs, nothing waits to be reported, and the engine, which can be reached, has no job."""
        busy = self.in_flight or self.waiting_reports or self.source_trouble
        return not busy and self.engine_reachable is True


@dataclass(slots=True)
class JobTypeStats:
    """Counts of one job type, as they grow."""

    done: int = 0
    failed: int = 0
    retried: int = 0
    durations_s: deque[float] = field(default_factory=lambda: deque(maxlen=DURATIONS_KEPT))

    def summary(self) -> JobTypeSummary:
        ordered = sorted(self.durations_s.copy())
        return JobTypeSummary(
            self.done, self.failed, self.retried, _percentile(ordered, 0.5), _percentile(ordered, 0.99)
        )


def _percentile(ordered: list[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0
