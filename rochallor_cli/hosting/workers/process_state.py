"""What belongs to the whole process, put back after a job that has changed it: one job must not harm the next ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from time import monotonic
from typing import Protocol

from rochallor_cli.hosting.logs.loggers_in_use import LoggersInUse
from rochallor_cli.hosting.logs.restored_streams import StandardStreams
from rochallor_cli.hosting.workers.process_settings import ImportedModules, LibraryFunctions, ProcessSettings
from workflow_sdk.runner.job.in_flight import InFlight

log = logging.getLogger("rochallor.host")

MOST_SHOWN = 5
# To look at everything takes some hundredths of a millisecond: not at the end of each of thousands of jobs a second.
LOOK_EVERY_S = 0.005


class _Part(Protocol):
    def put_back(self, *, others_run: bool) -> list[str]:
        """What had been changed. others_run: whether it may still serve a job that runs."""
        ...


class ProcessState:
    """Looks after each job, from whatever thread, and now and then.

    What others cannot work with is put back at once. What may serve a job that still runs is put back when none does.
    """

    def __init__(self, loggers: LoggersInUse) -> None:
        """To be made after handlers were imported: what their modules have put in place stays, but for loggers."""
        if changed := loggers.keep_imported():
            log.warning("a module of handlers has switched off %s: put back", " and ".join(changed))
        self._cheap = (ImportedModules(), loggers, ProcessSettings())
        # First of all what the others put back with.
        self._all = (
            LibraryFunctions(),
            StandardStreams(),
            ProcessSettings(dearer=True),
            *self._cheap,
        )
        self._looked_at = 0.0
        self._lock = threading.Lock()
        self._running = 0
        self._said: set[tuple[str, str]] = set()
        self._last_type = ""

    def began(self) -> None:
        with self._lock:
            self._running += 1

    def ended(self, item: InFlight) -> None:
        """A job has ended, in the calling thread."""
        with self._lock:
            self._running -= 1
            self._last_type = item.claim.job_type
            now = monotonic()
            # Only jobs that end soon after one another spare each other a look.
            is_due = now - self._looked_at >= LOOK_EVERY_S
            if is_due:
                self._looked_at = now
        self._put_back(self._all if is_due else self._cheap)

    def look(self) -> None:
        """Now and then, for what jobs do while they run."""
        self._put_back(self._all)

    def _put_back(self, parts: Sequence[_Part]) -> None:
        """Put back what jobs have changed, and say so once."""
        with self._lock:
            others_run = self._running > 0
            put_back = [what for part in parts for what in part.put_back(others_run=others_run)]
            if not put_back:
                return
            news = [what for what in put_back if (self._last_type, what) not in self._said]
            self._said.update((self._last_type, what) for what in news)
        if news:
            shown = [*news[:MOST_SHOWN], *["more"] * (len(news) > MOST_SHOWN)]
            log.warning(
                "a %s job, or one that ran with it, has closed or exchanged %s: put back",
                self._last_type,
                " and ".join(shown),
            )
