"""Faults planted into what becomes of results that are refused or unanswered, and of slots and drains that run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulation.kinds import Seed
from simulation.planted_faults import Plant
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.reporting import doubtful_reports, rules, senders
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.reporting.rules import Action
from workflow_sdk.runner.reporting.senders import Senders
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper
from workflow_sdk.runner.shift.shift import Shift


def _sent_on_and_on(original: Callable[..., None]) -> Callable[..., None]:
    def refused(self: Senders, action: Action, report: Any, error: Any) -> None:
        if action is Action.FAIL_INSTEAD:
            self._delay(report, 2.0)
        else:
            original(self, action, report, error)

    return refused


def _nothing(self: Any, *_: Any, **__: Any) -> None:
    return


def _all_slots(self: Slots) -> int:
    return self.total


def _forgotten_once_over(original: Callable[..., None]) -> Callable[..., None]:
    def settled(self: Execution, report: Any, settlement: Settlement) -> None:
        original(self, report, settlement)
        if settlement is Settlement.ENDED:
            self._kept.take(report.claim)

    return settled


def _soon(self: Report, now: float) -> bool:
    return self.refusals > 0


async def _no_rest(self: EngineWatch, seconds: float) -> None:
    return


def _unsaid(self: EngineWatch) -> str:
    return ""


def _counted_alone(self: Claim, later: Claim) -> None:
    self.job_id, self.retries_remaining = later.job_id, later.retries_remaining
    self.renewals += 1


def _never_again(self: LeaseKeeper) -> None:
    self._wanted = False


REFUSAL_FAULTS = (
    Plant(
        "a result is too large at once", Seed(0, "results are refused", "next"), senders, "TIMES_TOO_LARGE", 1
    ),
    Plant(
        "a result that nobody can read is sent on and on",
        Seed(0, "results are refused", "0"),
        Senders,
        "_refused",
        _sent_on_and_on(Senders._refused),
    ),
    Plant(
        "a refused result keeps its slot",
        Seed(0, "results are refused", "next"),
        Execution,
        "in_trouble",
        _nothing,
    ),
    Plant(
        "nothing is refused for good",
        Seed(0, "results are refused", "0"),
        Report,
        "is_refused_for_good",
        lambda self, now: False,
    ),
    Plant(
        "reports in trouble stay so for all time",
        Seed(0, "results are refused", "next"),
        Senders,
        "_answered",
        _nothing,
    ),
    Plant(
        "a poll asks for as many jobs as there are slots",
        Seed(0, "calm", "0"),
        Slots,
        "free",
        property(_all_slots),
    ),
    Plant(
        "few threads are taken for many", Seed(0, "threads are short", "0"), Execution, "at_most", _nothing
    ),
    Plant("a second signal is not heard", Seed(0, "drains run out", "leases"), Shift, "abandon", _nothing),
    Plant(
        "no job is listed that was left",
        Seed(0, "drains run out", "0"),
        Shift,
        "_abandoned_jobs",
        lambda self: (),
    ),
    Plant(
        "a job of an ended instance runs again",
        Seed(608, "results are refused amid faults", "next"),
        Execution,
        "settled",
        _forgotten_once_over(Execution.settled),
    ),
    Plant(
        "an outcome is given up at once",
        Seed(0, "results are refused", "0"),
        Report,
        "is_refused_for_good",
        _soon,
    ),
    Plant("a result is sent again at once", Seed(2, "network", "0"), rules, "HOLD_AFTER_TIMEOUT_S", 0.0),
    Plant("who looks takes no rest", Seed(0, "everything", "0"), doubtful_reports, "LOOK_EVERY_S", 0.0),
    Plant("who waits for an engine takes no rest", Seed(0, "outages", "0"), EngineWatch, "sleep", _no_rest),
    Plant(
        "why an engine is away is not said", Seed(0, "outages", "0"), EngineWatch, "reason", property(_unsaid)
    ),
    Plant(
        "a job that comes again keeps its lease",
        Seed(0, "long handlers", "0"),
        Claim,
        "renew",
        _counted_alone,
    ),
    Plant(
        "a lease is extended but once", Seed(0, "leases are extended", "0"), LeaseKeeper, "_can", _never_again
    ),
)
