"""Results that no engine takes as they are: what a handler returns then, who refuses it, and what must come of that."""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from simulation.engine import InstanceEnd
from simulation.network import Message
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.runner.job.report import REFUSED_FOR_S
from workflow_sdk.runner.reporting.senders import TIMES_TOO_LARGE

# What a gateway lets through where it has a limit at all, and what is more than that.
MOST_BYTES, TOO_MANY_BYTES = 4_000, 5_000
# What follows a job's id where it is seen whether a small result gets through.
SMALL = "-size"


class Flaw(enum.Enum):
    """Why a result is not taken."""

    UNREADABLE = "the engine cannot read it"
    TOO_LARGE = "it is too large for what stands before the engine"
    UNSTORABLE = "the engine's database refuses it"
    SCHEMA = "it violates its step's schema"


RESULTS: dict[Flaw, dict[str, Any]] = {
    # No number of so many digits fits into what Go reads numbers into.
    Flaw.UNREADABLE: {"unreadable": 10**400},
    Flaw.TOO_LARGE: {"large": "x" * TOO_MANY_BYTES},
    Flaw.UNSTORABLE: {"unstorable": True},
    Flaw.SCHEMA: {"text": 1},
}
SCHEMA = {"properties": {"text": {"type": "string"}}}
# Those that can never arrive: the job is failed instead, and the failure says so.
_NEVER_ARRIVE = (Flaw.UNREADABLE, Flaw.TOO_LARGE)
_SAID_INSTEAD = "the result cannot be delivered: "


class Refusals:
    """Which results had which flaw, and what was answered to them."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        # By process and step execution, or job where there is none: when the engine has refused its completion first.
        self._refused_since: dict[tuple[str, str], float] = {}
        # By process and step execution: that of the latest run; by step execution: those of all runs.
        self._latest: dict[tuple[str, str], Flaw | None] = {}
        self._of_step: dict[str, set[Flaw]] = {}
        # By process, step execution and status: how often a completion was answered so.
        self._answers: Counter[tuple[str, str, int]] = Counter()
        # By process and step execution: how often a small result got through.
        self._small: Counter[tuple[str, str]] = Counter()

    def ran(self, process: str, step: str, flaw: Flaw | None) -> None:
        """A handler has returned."""
        self._latest[process, step] = flaw
        if flaw is not None:
            self._of_step.setdefault(step, set()).add(flaw)

    def heard(self, process: str, step: str, message: Message, answer: RawResponse) -> None:
        """The process has got this answer to a completion of this step's job, or to a small result beside it."""
        if not message.job_id.endswith(SMALL):
            self._answers[process, step, answer.status_code] += 1
            if answer.status_code == 500:
                self._refused_since.setdefault((process, step or message.job_id), self._now())
        elif answer.status_code != 413:
            self._small[process, step] += 1

    def broken_by_giving_up(self, process: str, step: str, job_id: str) -> str:
        """The promise that is broken when an outcome is given up now; `step` is empty where the engine knows no such
        job.
        """
        if step and self.latest(process, step) is not Flaw.UNSTORABLE:
            return "nothing is given up but what the engine refuses for good"
        since = self._refused_since.get((process, step or job_id), self._now())
        return (
            "an outcome is given up after a minute of refusals" if self._now() - since < REFUSED_FOR_S else ""
        )

    def latest(self, process: str, step: str) -> Flaw | None:
        """The flaw of what its handler returned last."""
        return self._latest.get((process, step))

    def may_be_failed(self, message: Message, step: str) -> bool:
        """Whether this failure stands rightly for a result: that can never arrive, and the failure says so."""
        flaw, place = self.latest(message.process, step), (message.process, step)
        was_refused = {
            Flaw.UNREADABLE: self._answers[*place, 400] > 0,
            Flaw.TOO_LARGE: min(self._answers[*place, 413], self._small[place]) >= TIMES_TOO_LARGE,
        }
        body = json.loads(message.body)
        says_so = body["errorMessage"].startswith(_SAID_INSTEAD) and not body["retryable"]
        return says_so and flaw is not None and was_refused.get(flaw, False)

    def times_refused(self, process: str, step: str) -> int:
        """How often the engine has refused what its database does not take."""
        return self._answers[process, step, 500] if self.latest(process, step) is Flaw.UNSTORABLE else 0

    def excuses(self, end: InstanceEnd) -> bool:
        """Whether the instance has ended over a result of one of its jobs, as it says."""
        flaws: set[Flaw] = set().union(*(self._of_step.get(step, ()) for step, _ in end.steps))
        if end.reason.startswith("schema violation"):
            return Flaw.SCHEMA in flaws
        return _SAID_INSTEAD in end.reason and not flaws.isdisjoint(_NEVER_ARRIVE)


def flaws_of(version: str) -> Collection[Flaw]:
    """Those that results may have at an engine of this version."""
    return [flaw for flaw in Flaw if flaw is not Flaw.SCHEMA or version != "0"]
