"""Tries: how soon a report is sent again, and how often an instance's history is asked for."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from simulation.network import Message
from simulation.refusals import SMALL
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.runner.reporting.doubtful_reports import PROGRESS_S
from workflow_sdk.runner.reporting.rules import HOLD_AFTER_TIMEOUT_S

# Two reports of an instance may be in doubt, and each asks twice when its instance has ended.
MOST_LOOKS_A_SECOND = 6
# Eight senders, and one who asks for jobs, begin again after a twentieth of a second, then a tenth, and so on.
MOST_IN_VAIN_A_SECOND = 60
# What is said before anything is passed on.
_NOT_PASSED_ON = (401, 403, 407, 429)
_SHORTLY_S = 0.001


class _Attempt(NamedTuple):
    process: str
    step: str
    retries_remaining: int


class Tries:
    """`broken` takes the promise's words, and the ids that it is about; it raises."""

    def __init__(
        self, *, now: Callable[[], float], broken: Callable[..., None], instance_of: Callable[[str], str]
    ) -> None:
        self._instance_of = instance_of
        self._now = now
        self._break = broken
        # By process and job: when its completion may be sent again, after one that got no answer in time.
        self._held: dict[tuple[str, str], float] = {}
        # When a failure may have arrived, and until when its job was leased then.
        self._in_doubt: dict[_Attempt, tuple[float, float]] = {}
        self._looks: dict[tuple[str, str], deque[float]] = {}
        self._in_vain: dict[str, deque[float]] = {}

    def sent(self, message: Message, *, attempt: tuple[str, int] | None, leased_until: float | None) -> None:
        """A report of this attempt, as its process knows it; `leased_until` is None where there are no leases."""
        place = message.process, message.job_id
        if message.what == "complete" and self._now() < self._held.get(place, 0.0) - _SHORTLY_S:
            self._break(
                "after a time-out a result is held, for the engine may be at work on it", message.job_id
            )
        if message.what != "fail" or attempt is None:
            return
        at, leased_before = self._in_doubt.get(_Attempt(message.process, *attempt), (0.0, 0.0))
        if not at:
            return
        if leased_until is not None and leased_until <= leased_before:
            self._break(
                "a failure that may have arrived is sent again under a next lease alone", message.job_id
            )
        if leased_until is None:
            self._is_told_of(message, at, is_last=attempt[1] <= 0)

    def _is_told_of(self, message: Message, at: float, *, is_last: bool) -> None:
        """Its retry would have come by now; of a failure that has none the history has told since."""
        if is_last or not json.loads(message.body)["retryable"]:
            looks = self._looks.get((message.process, self._instance_of(message.job_id)), ())
            if not any(looked > at for looked in looks):
                self._break("of a last failure that may have arrived the history tells", message.job_id)
        elif self._now() < at + PROGRESS_S - _SHORTLY_S:
            self._break(
                "a failure that may have arrived is not sent again before its retry would come",
                message.job_id,
            )

    def came(
        self,
        message: Message,
        answer: RawResponse | BaseException,
        *,
        attempt: tuple[str, int] | None,
        leased_until: float | None,
    ) -> None:
        """What came of a report."""
        is_result = message.what == "complete" and not message.job_id.endswith(SMALL)
        if is_result and isinstance(answer, TimeoutError):
            self._held[message.process, message.job_id] = message.sent + HOLD_AFTER_TIMEOUT_S
        if message.what != "fail" or attempt is None:
            return
        if isinstance(answer, RawResponse):
            may_have_arrived = answer.status_code not in _NOT_PASSED_ON
        else:
            may_have_arrived = isinstance(answer, TimeoutError | ConnectionResetError)
        if may_have_arrived:
            self._in_doubt[_Attempt(message.process, *attempt)] = self._now(), leased_until or 0.0

    def done(self, process: str, job_id: str) -> None:
        """It knows that the engine has the result. A copy of the record, or a retry's late one, may run then, and be
        reported at once: whatever is still on its way finds the job completed, and changes nothing.
        """
        self._held.pop((process, job_id), None)

    def refused(self, process: str) -> None:
        """The process asks an engine that is away."""
        tries = self._in_vain.setdefault(process, deque())
        tries.append(self._now())
        while tries[0] <= self._now() - 1.0:
            tries.popleft()
        if len(tries) > MOST_IN_VAIN_A_SECOND:
            self._break(f"while the engine is away few tries are made: {process}")

    def looks(self, process: str, instance_id: str) -> None:
        """The process asks for an instance's history."""
        looks = self._looks.setdefault((process, instance_id), deque())
        looks.append(self._now())
        while looks[0] <= self._now() - 1.0:
            looks.popleft()
        if len(looks) > MOST_LOOKS_A_SECOND:
            self._break("an instance is looked at once a second", instance_id)
