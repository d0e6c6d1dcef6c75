"""Aftermath: what a process does about a job once it has an outcome of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from simulation.engine import SimulatedEngine
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed, Failed, Outcome
from workflow_sdk.runner.job.report import Settlement


class Aftermath:
    """Of one process. `undone` holds the instances of which a late failure undid a step, `latest` which attempt a
    handler ran last, by process and step execution; `broken` takes the promise's words, and the ids that it is about,
    and raises.
    """

    def __init__(
        self,
        engine: SimulatedEngine,
        process: str,
        *,
        undone: Collection[str],
        latest: Mapping[tuple[str, str], tuple[str, int]],
        broken: Callable[..., None],
    ) -> None:
        self._engine = engine
        self._process = process
        self._undone = undone
        self._latest = latest
        self._break = broken
        # Step executions that the engine has acknowledged a result of.
        self._done: set[str] = set()

    def came(self, claim: Claim, here: InFlight | None) -> None:
        """A job has come; `here` is what is in flight of it since. Kafka may hold a retry of what is done."""
        if here is None or here.report is not None or claim.key not in self._done:
            return
        if claim.lease is not None and not self._counts_for_nothing(claim):
            self._break("a job that is done does not run again where it was done", claim.job_id)

    def settled(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        """The process is done with it."""
        if isinstance(outcome, Completed) and settlement is Settlement.ACKNOWLEDGED:
            self._done.add(claim.key)
        if (
            not isinstance(outcome, Failed)
            or settlement is not Settlement.ENDED
            or self._counts_for_nothing(claim)
        ):
            return
        # An instance that has ended over another of its jobs has jobs that nobody ends.
        if self._engine.has_ended(claim.instance_id):
            return
        ran_as = self._latest.get((self._process, claim.key))
        if ran_as is not None and self._engine.attempt_of(claim.job_id) == ran_as:
            self._break("a failure is left out only where its attempt is over", claim.job_id)

    def _counts_for_nothing(self, claim: Claim) -> bool:
        """Whether nobody can tell, or need know, what has become of it."""
        is_over = claim.instance_id in self._engine.cancelled or claim.instance_id in self._undone
        return is_over or self._engine.has_forgotten(claim.job_id)
