"""A child's side of being supervised: records of running jobs, and suspects handed back to run alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rochallor_cli.hosting.processes.control_pipe import AskIsolated, RanIsolated
from rochallor_cli.hosting.processes.running_jobs import RunningJobs
from rochallor_cli.hosting.workers.process_state import ProcessState
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed, Failed

OnFinished = Callable[[InFlight], None]


@dataclass(frozen=True)
class _Away:
    """A job that runs in another process."""

    item: InFlight
    finished: OnFinished
    loop: asyncio.AbstractEventLoop


_NOT_TO_BE_SAID = Failed(
    "processes have died while this job ran, and its variables are nested too deeply, or their numbers too long, "
    "for it to be run in a process of its own",
    retryable=False,
)


class ChildSupervision:
    """The SDK's Supervision over the control pipe."""

    def __init__(self, records: RunningJobs, say: Callable[[AskIsolated], None]) -> None:
        self._records = records
        self._say = say
        self._suspects: frozenset[str] = frozenset()
        self._away: dict[str, _Away] = {}
        self._state: ProcessState | None = None

    def keep(self, state: ProcessState) -> None:
        """To be called when handlers were imported: what jobs do to the process is undone from now on."""
        self._state = state

    def began(self, item: InFlight) -> None:
        self._records.began(item)
        if self._state is not None:
            self._state.began()

    def ended(self, item: InFlight) -> None:
        self._records.ended(item)
        if self._state is not None:
            self._state.ended(item)

    def is_suspect(self, key: str) -> bool:
        return key in self._suspects

    def run_alone(self, item: InFlight, finished: OnFinished) -> None:
        key, loop = item.claim.key, asyncio.get_running_loop()
        self._away[key] = _Away(item, finished, loop)
        try:
            self._say(AskIsolated(key, dict(item.current.job), item.current.lease_end))
        except (RecursionError, ValueError):
            # What this process can read it cannot always write: thousands of levels, or of digits.
            del self._away[key]
            item.unheard = _NOT_TO_BE_SAID
            loop.call_soon(finished, item)

    def suspect(self, keys: tuple[str, ...]) -> None:
        """These jobs are the suspects from now on."""
        self._suspects = frozenset(keys)

    def ran(self, ran: RanIsolated) -> None:
        """The outcome of a job that was away; called on the main thread."""
        away = self._away.pop(ran.key, None)
        if away is None:
            return
        item = away.item
        item.ended = item.clock()
        item.began = item.ended - ran.ran_s
        if ran.released_s is not None:
            item.released_s = ran.released_s
        elif ran.variables is None:
            failure = Failed(ran.error, retryable=ran.retryable)
            item.outcome, item.unheard = (failure, None) if ran.is_heard else (None, failure)
        else:
            item.outcome = Completed(ran.variables, ran.encoded.encode())
        try:
            away.loop.call_soon_threadsafe(away.finished, item)
        except RuntimeError:
            return  # the runner has left without this job
