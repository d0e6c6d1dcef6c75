"""Pacing: when to ask the engine for jobs. Pure: time comes in, nothing waits here.

- A batch came back full: ask at once where there is room for another, soon where there is some.
- Otherwise follow the arrival rate: so many polls for each job seen lately, counted from question to
  question, so that an engine is asked equally often however long it takes to answer. A job then waits a
  fixed share of the mean gap between jobs, and a fleet asks that often a job, whatever its size.
- After a report the next step's job may exist: ask at once where that has paid for the job type.
"""

from __future__ import annotations

from math import exp, inf

# Between an answer and the next question, whatever the load.
MIN_SPACING_S = 0.004
IDLE_SPACING_S = 0.5
# At 20 jobs a second: 55 polls, and half the jobs wait less than 9 ms, which no other even pacing betters.
POLLS_PER_JOB = 2.7
RATE_WINDOW_S = 5.0
# This many mean gaps without a job do not happen by chance: the rate has fallen, however high it was.
SILENT_GAPS = 10.0
# What a fresh runner takes for granted: it starts attentive and grows quiet.
FIRST_RATE = 20.0
# With all slots in use, slots come free one by one: asking for each would cost a poll for each job.
ENOUGH_SLOTS = 32
# Half the rest will do where at least so many of the slots have come free: short handlers on a full queue.
SOME_SLOTS = 1 / 10
SHORT_SPACING_S = 0.002


class Pacing:
    """One poller's sense of time. All times are seconds on one monotonic clock."""

    def __init__(self, *, idle_spacing_s: float = IDLE_SPACING_S, slots: int = 64, now: float) -> None:
        self._idle_spacing_s = idle_spacing_s
        self._enough_slots = min(ENOUGH_SLOTS, max(1, slots // 2))
        self._some_slots = slots * SOME_SLOTS
        self._rate = _ArrivalRate(FIRST_RATE, now)
        self._follow_up = _FollowUp()
        self._due = self._asked_at = self._answered_at = now
        self._was_full = False

    def due(self, now: float, *, free_slots: int) -> float:
        """The time of the next question; `inf` while there is no slot to fill."""
        if free_slots <= 0:
            return inf
        if self._was_full and free_slots >= self._enough_slots:
            return now
        if self._was_full and free_slots >= self._some_slots:
            return min(self._due, self._answered_at + SHORT_SPACING_S)
        return self._due

    def asked(self, now: float) -> None:
        """A question was sent: reports up to here are answered by it."""
        self._follow_up.asked()
        self._asked_at = now
        self._due = inf

    def answered(self, now: float, *, asked_for: int, got: int) -> None:
        """The engine's answer to a question for `asked_for` jobs."""
        self._rate.count(now, got)
        self._follow_up.answered(paid=got > 0)
        self._was_full = got >= asked_for
        self._answered_at = now
        again = now + MIN_SPACING_S if self._was_full else self._next_by_rate(now)
        # A report that was acknowledged while the question was under way has set an earlier time.
        self._due = min(self._due, again)

    def _next_by_rate(self, now: float) -> float:
        """As far from the last question as the arrival rate says; a slow engine rests as long as it took."""
        spacing = min(max(self._rate.gap_s(now) / POLLS_PER_JOB, MIN_SPACING_S), self._idle_spacing_s)
        rest = min(max(now - self._asked_at, MIN_SPACING_S), spacing)
        return max(self._asked_at + spacing, now + rest)

    def not_answered(self, again_at: float) -> None:
        """The question failed; nothing was learned."""
        self._follow_up.asked()
        # However full the answer before was: who refuses is not to be asked again at once.
        self._was_full = False
        self._due = again_at

    def reported(self, now: float, job_type: str) -> None:
        """A job of this type was reported: its successor may be there.

        After a full batch more is there anyway: then slots decide, not successors.
        """
        if not self._was_full and self._follow_up.is_worth_asking(job_type):
            self._due = min(self._due, now)


class _ArrivalRate:
    """Jobs a second, averaged over the last RATE_WINDOW_S or so, and how long none has come."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._at = now
        self._last_job = now

    def count(self, now: float, jobs: int) -> None:
        self._rate = self._rate * exp((self._at - now) / RATE_WINDOW_S) + jobs / RATE_WINDOW_S
        self._at = now
        if jobs:
            self._last_job = now

    def gap_s(self, now: float) -> float:
        """The mean time from one job to the next. After a burst it grows with the silence."""
        rate = self._rate * exp((self._at - now) / RATE_WINDOW_S)
        silence_s = now - self._last_job
        return max(1 / rate, silence_s / SILENT_GAPS) if rate > 1e-9 else inf


class _FollowUp:
    """Whether asking right after a report of a job type has brought jobs lately."""

    WEIGHT = 0.2
    WORTHWHILE = 0.4
    # A type that has not paid is tried again now and then: definitions change.
    TRY_AGAIN_EVERY = 20

    def __init__(self) -> None:
        self._pays: dict[str, float] = {}
        self._passed_over: dict[str, int] = {}
        self._reported: set[str] = set()
        self._under_way: set[str] = set()

    def is_worth_asking(self, job_type: str) -> bool:
        if self._pays.get(job_type, 1.0) < self.WORTHWHILE:
            passed_over = self._passed_over.get(job_type, 0) + 1
            self._passed_over[job_type] = passed_over % self.TRY_AGAIN_EVERY
            if passed_over < self.TRY_AGAIN_EVERY:
                return False
        self._reported.add(job_type)
        return True

    def asked(self) -> None:
        self._under_way, self._reported = self._reported, set()

    def answered(self, *, paid: bool) -> None:
        for job_type in self._under_way:
            before = self._pays.get(job_type, 1.0)
            self._pays[job_type] = before + self.WEIGHT * (paid - before)
        self._under_way = set()
