"""Limits: how many jobs a process asks for, and how many of its handlers run beside one another, and how soon."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache
from math import inf

from simulation.network import Message
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.kafka.intake import AHEAD_MAX


# Most ask in the same words again and again.
@lru_cache(maxsize=64)
def _most_jobs(body: bytes) -> int:
    asked: int = json.loads(body)["maxJobs"]
    return asked


class Limits:
    """`broken` takes the promise's words, and the ids that it is about; it raises."""

    def __init__(self, *, now: Callable[[], float], broken: Callable[..., None]) -> None:
        self._now = now
        self._break = broken
        # By process: its slots, those of them that the system gives threads for, since when it is to claim nothing,
        # and the handlers that run, by type; by process and job type: when which one may start by the type's rate, as
        # tokens of a bucket and the time they were counted.
        self._slots: dict[str, int] = {}
        self._threads: dict[str, int] = {}
        self._quiet_since: dict[str, float] = {}
        self._running: dict[str, Counter[str]] = {}
        self._tokens: dict[tuple[str, str], tuple[float, float]] = {}

    def serves(self, process: str, *, slots: int) -> None:
        """A process has begun."""
        self._slots[process] = self._threads[process] = slots
        self._running[process] = Counter()

    def has_threads(self, process: str, threads: int | None) -> None:
        """The system gives it no more threads than these; None: as many as it likes."""
        slots = self._slots[process]
        self._threads[process] = slots if threads is None else min(threads, slots)

    def quiet(self, process: str, is_quiet: bool) -> None:
        """The process is told to claim nothing more, or to go on."""
        self._quiet_since.pop(process, None)
        if is_quiet:
            self._quiet_since[process] = self._now()

    def is_quiet(self, process: str) -> bool:
        return self._now() > self._quiet_since.get(process, inf)

    def claims(self, message: Message) -> None:
        """A process asks for jobs."""
        process = message.process
        if self.is_quiet(process):
            self._break(f"a paused worker claims nothing: {process}")
        if self._running[process].total() + _most_jobs(message.body) > self._threads[process]:
            self._break(f"no more jobs are asked for than there are slots free: {process}")

    def wait_for_threads(self, process: str, items: Collection[InFlight]) -> None:
        """These have a slot, and no thread."""
        is_short = self._threads[process] < self._slots[process]
        for item in items:
            # Where threads are short it waits in its lease.
            if item.claim.lease is not None and not is_short:
                self._break(
                    f"a claimed job begins at once, for its lease goes on: {process}", item.claim.job_id
                )
        if len(items) > AHEAD_MAX and not is_short:
            self._break(f"no more than {AHEAD_MAX} jobs wait for a thread: {process}")

    def begins(self, process: str, item: InFlight) -> None:
        """A handler begins beside those that run already."""
        job_type, running, slots = item.claim.job_type, self._running[process], self._slots[process]
        running[job_type] += 1
        if running.total() > slots:
            self._break(f"no more handlers run than there are slots: {process}", item.claim.job_id)
        if running[job_type] > (item.handler.parallelism or slots):
            self._break(f"no more handlers of a type run than its limit: {process}", item.claim.job_id)
        if (rate := item.handler.rate) is not None:
            before, at = self._tokens.get((process, job_type), (inf, 0.0))
            tokens = min(before + (self._now() - at) * rate, max(rate, 1.0))
            self._tokens[process, job_type] = tokens - 1.0, self._now()
            if tokens < 1.0 - 1e-6:
                self._break(
                    f"no more jobs of a type start than its rate allows: {process}", item.claim.job_id
                )

    def ends(self, process: str, item: InFlight) -> None:
        """A handler is done."""
        self._running[process][item.claim.job_type] -= 1
