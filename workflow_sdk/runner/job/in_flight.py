"""InFlight: one job between its claim and its settlement."""

from __future__ import annotations

import asyncio
import enum
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from contextvars import Context
from dataclasses import dataclass
from os.path import basename
from time import monotonic
from types import FrameType
from typing import Any

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.handler.handler import Handler
from workflow_sdk.job import CurrentJob
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.outcome import Failed, Outcome
from workflow_sdk.runner.job.report import Report
from workflow_sdk.runner.summary import AbandonedJob, InFlightJob

# In `released_s`: leave the job as it is.
LEFT = float("inf")
# How soon a job that was given back runs again at the earliest.
SOON_S = 1.0


class Phase(enum.Enum):
    RUNNING = "running"
    HELD = "held"  # a failure that waits for its retry delay, outside the slot
    REPORTING = "reporting"


class InFlight:
    """Most of what may happen to a job happens to few: until it does, the class's values stand for the job's own.

    `holds_slot`: it takes a slot; `waits_without_slot`: it has left its slot to wait for its report's answer,
    `is_troubled`: because that will take long.

    `released_s`: its handler gave it back, to be run again after so long; 0: when the engine says; LEFT: not here.
    `unheard`: it has failed where no hook could hear of it.
    `around` holds the hooks that a plain handler has entered, until what it returned was awaited.
    `process_id` is the process that runs it: a handler may fork.
    `context` holds the context variables of this run, `record` is its place among a supervised process's records.
    `duplicates` are later claims of the same job, settled with it; `next_attempt` is the job's retry, handed out
    before our failure report came back acknowledged; `is_overtaken`: another worker has failed this attempt.
    """

    phase: Phase = Phase.RUNNING
    began: float = 0.0
    ended: float = 0.0
    thread_id: int = 0
    process_id: int = 0
    task: asyncio.Task[None] | None = None
    awaitable: Awaitable[Any] | None = None
    around: ExitStack | None = None
    outcome: Outcome | None = None
    report: Report | None = None
    error: BaseException | None = None
    unheard: Failed | None = None
    released_s: float | None = None
    context: Context | None = None
    record: int = -1
    attempt: int = 1
    holds_slot: bool = True
    waits_without_slot: bool = False
    is_troubled: bool = False
    is_stuck: bool = False
    warned_of_overrun: bool = False
    extending: bool = False
    extend_at: float = 0.0
    duplicates: tuple[Claim, ...] = ()
    next_attempt: Claim | None = None
    is_overtaken: bool = False

    def __init__(
        self, claim: Claim, handler: Handler, current: CurrentJob, *, clock: Clock = boottime
    ) -> None:
        self.claim = claim
        self.handler = handler
        self.current = current
        self.clock = clock

    @property
    def claims(self) -> list[Claim]:
        return [self.claim, *self.duplicates]

    def is_followed_by(self, retries_remaining: int) -> bool:
        """Whether a claim with so many retries left is the retry after this job's failure."""
        failed = self.report is not None and not self.report.is_completion
        return failed and retries_remaining < self.claim.retries_remaining

    def expect(self, claim: Claim) -> None:
        """Another attempt of the job has come, the latest of all; it begins when this one has failed."""
        if self.next_attempt is not None:
            self.duplicates += (self.next_attempt,)
        self.next_attempt = claim

    def stand_for_next(self) -> None:
        """What comes of this attempt is the next one's outcome too: that will not be run."""
        if self.next_attempt is not None:
            self.duplicates += (self.next_attempt,)
            self.next_attempt, self.is_overtaken = None, False

    def show_lease(self, now: float) -> None:
        """Tell the handler the lease's end, on the clock that is promised to it."""
        lease = self.claim.lease
        self.current.lease_end = None if lease is None else monotonic() + lease.end - now

    def ran_s(self, now: float | None = None) -> float:
        """Seconds the handler ran, so far; 0 before a thread took it up."""
        if not self.began:
            return 0.0
        return (self.ended or now or self.clock()) - self.began

    def where(self) -> str:
        """`handlers.py:31 in credit_score`: where its handler is now, or is written; and which report waits."""
        frame = self._frame() if self.phase is Phase.RUNNING and not self.ended else None
        if frame is None:
            place = f"{basename(self.handler.file)}:{self.handler.line} in {self.handler.name}"
            return (
                f"{place}; {self._what_waits()} not acknowledged" if self.phase is Phase.REPORTING else place
            )
        return f"{basename(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_name}"

    def as_seen(self, now: float) -> InFlightJob:
        claim, phase = self.claim, self.phase.value
        return InFlightJob(
            claim.job_id,
            claim.job_type,
            claim.instance_id,
            phase,
            self.ran_s(now),
            self.is_stuck,
            self.where(),
        )

    def as_abandoned(self, now: float) -> AbandonedJob:
        claim = self.claim
        return AbandonedJob(claim.job_id, claim.job_type, claim.instance_id, self.ran_s(now), self.where())

    def _what_waits(self) -> str:
        return (
            "its completion is" if self.report is not None and self.report.is_completion else "its failure is"
        )

    def _frame(self) -> FrameType | None:
        """The innermost frame in the handler's own file, for a plain or an async handler."""
        if self.task is not None:
            stack = self.task.get_stack()
        else:
            stack = _frames_from(sys._current_frames().get(self.thread_id))
        own = [frame for frame in stack if frame.f_code.co_filename == self.handler.file]
        return own[-1] if own else None


@dataclass(slots=True)
class Held:
    """A job that waits without a slot: what is done at the end of the wait, and the timer's cancel."""

    release: Callable[[], None]
    cancel: Callable[[], None]

    def end(self) -> None:
        """Wait no longer."""
        self.cancel()
        self.release()


def _frames_from(frame: FrameType | None) -> list[FrameType]:
    """The stack that ends with this frame, outermost first."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames[::-1]
