"""Faults that are planted into the worker to see that the simulation finds them; each with a seed that does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from simulation.kinds import Seed
from workflow_sdk.client import http_channel
from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.runner.job.claim import Claim, Lease, claim_from_poll
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.kept_outcomes import KeptOutcomes
from workflow_sdk.runner.job.outcome import Failed
from workflow_sdk.runner.job.slots import PollOrder, Slots, TokenBucket
from workflow_sdk.runner.polling import poll_source
from workflow_sdk.runner.polling.poll_source import PollSource
from workflow_sdk.runner.reporting.doubtful_reports import DoubtfulReports, FoundStep
from workflow_sdk.runner.reporting.senders import Senders
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper
from workflow_sdk.runner.shift.shift import Shift


class Plant(NamedTuple):
    """`change` puts `becomes` in the place of the attribute `name`."""

    what: str
    seed: Seed
    owner: Any
    name: str
    becomes: Any

    @contextmanager
    def planted(self) -> Iterator[None]:
        with patch.object(self.owner, self.name, self.becomes):
            yield


def _known_by_its_id(original: Callable[..., None]) -> Callable[..., None]:
    def made(self: Claim, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self.key = self.job_id

    return made


def _acknowledged_by_anybody(response: Any, *, url: str) -> None:
    if not 200 <= response.status_code < 300:
        raise http_channel.error_from_answer(response)


def _lease_from_the_answer(item: Any, *, asked_at: float) -> Claim:
    claim = claim_from_poll(item, asked_at=asked_at)
    now = asyncio.get_running_loop().time()
    claim.lease = claim.lease and Lease(claim.lease.length_s, now + claim.lease.length_s)
    return claim


def _again_from_the_beginning(original: Callable[..., None]) -> Callable[..., None]:
    def start(self: Execution, claim: Claim) -> None:
        self.in_flight.pop(claim.key, None)
        original(self, claim)

    return start


def _without_slot(original: Callable[..., None]) -> Callable[..., None]:
    def settle(self: Execution, item: Any, settlement: Any) -> None:
        item.holds_slot = False
        original(self, item, settlement)

    return settle


def _stays_counted(name: str) -> Any:
    original = Execution._settle

    def settle(self: Execution, item: InFlight, settlement: Any) -> None:
        setattr(item, name, False)
        original(self, item, settlement)

    return settle


def not_proved(original: Callable[..., None]) -> Callable[..., None]:
    def came(self: Execution, *arguments: Any) -> None:
        with patch.object(self, "_prove", lambda *_: None):
            original(self, *arguments)

    return came


def _success_made_failure(original: Callable[..., None]) -> Callable[..., None]:
    def again(self: Senders, report: Any) -> None:
        report.outcome = Failed("sent again", retryable=True)
        original(self, report)

    return again


def _sent_twice(original: Callable[..., None]) -> Callable[..., None]:
    def put(self: Senders, report: Any) -> None:
        original(self, report)
        self._enqueue(report)

    return put


def _looked_at_too_early(original: Callable[..., Any]) -> Callable[..., Any]:
    async def fail(
        self: HttpChannel, job_id: str, message: str, retryable: bool, *, before_write: Callable[[], None]
    ) -> None:
        before_write()
        await original(self, job_id, message, retryable, before_write=lambda: None)

    return fail


def _renewed_from_the_answer(original: Callable[..., Any]) -> Callable[..., Any]:
    async def extend(self: LeaseKeeper, item: InFlight, lease: Lease) -> None:
        await original(self, item, lease)
        renewed, now = item.claim.lease, asyncio.get_running_loop().time()
        if renewed is not None and renewed is not lease and renewed.end > now:
            item.claim.lease = Lease(renewed.length_s, now + renewed.length_s)

    return extend


async def _claimed_and_all_remembered(self: PollSource, order: PollOrder) -> Any:
    self._is_claiming = True
    return await self._channel.claim(order.job_types, order.max_jobs)


async def _found_completed(self: DoubtfulReports, claim: Claim) -> FoundStep:
    return FoundStep.COMPLETED


def _next_attempt_kept(self: InFlight) -> None:
    if self.next_attempt is not None:
        self.duplicates += (self.next_attempt,)
        self.is_overtaken = False


def _as_if_never_renewed(original: Callable[..., None]) -> Callable[..., None]:
    def renew(self: Claim, later: Claim) -> None:
        original(self, later)
        self.renewals = 0

    return renew


def _overtaken_ever_after(self: InFlight) -> None:
    if self.next_attempt is not None:
        self.duplicates += (self.next_attempt,)
        self.next_attempt = None


async def _idle_at_once(self: Execution) -> None:
    return


def _reported(original: Callable[..., None]) -> Callable[..., None]:
    def finished(self: Execution, item: InFlight) -> None:
        if item.released_s is not None:
            item.released_s, item.outcome = None, Failed("given back", retryable=True)
        original(self, item)

    return finished


def _held_too_briefly(original: Callable[..., None]) -> Callable[..., None]:
    def hold(self: Execution, item: InFlight, wait_s: float, release: Callable[[], None]) -> None:
        original(self, item, wait_s / 4, release)

    return hold


def _zero(self: Slots) -> int:
    return 0


def _not_set(self: Slots, value: int) -> None:
    return


FAULTS = (
    Plant(
        "a job is known by its id alone",
        Seed(17, "long handlers", "leases"),
        Claim,
        "__init__",
        _known_by_its_id(Claim.__init__),
    ),
    Plant(
        "any 2xx acknowledges a result",
        Seed(3, "network", "0"),
        http_channel,
        "acknowledged",
        _acknowledged_by_anybody,
    ),
    Plant(
        "a lease counts from its answer",
        Seed(0, "calm", "0"),
        poll_source,
        "claim_from_poll",
        _lease_from_the_answer,
    ),
    Plant(
        "a lease never ends",
        Seed(91, "jobs are given back", "next"),
        Claim,
        "is_over",
        lambda self, now: False,
    ),
    Plant(
        "unreported results are forgotten",
        Seed(3, "network", "0"),
        KeptOutcomes,
        "keep",
        lambda self, *_, **__: None,
    ),
    Plant("a slot is not given back", Seed(0, "calm", "0"), Slots, "give_back", lambda self, job_type: None),
    Plant(
        "a slot is not given back by who waits",
        Seed(2, "calm", "leases"),
        Execution,
        "_settle",
        _without_slot(Execution._settle),
    ),
    Plant(
        "a job that comes again begins again",
        Seed(1, "calm", "next"),
        Execution,
        "start",
        _again_from_the_beginning(Execution.start),
    ),
    Plant(
        "a doubt is never looked after",
        Seed(3, "network", "0"),
        DoubtfulReports,
        "add",
        lambda self, report: None,
    ),
    Plant(
        "a doubt is taken for done", Seed(4, "network", "next"), DoubtfulReports, "_found", _found_completed
    ),
    Plant(
        "a result sent again is a failure",
        Seed(5, "network", "leases"),
        Senders,
        "_send_again",
        _success_made_failure(Senders._send_again),
    ),
    Plant("two senders have one report", Seed(0, "calm", "0"), Senders, "put", _sent_twice(Senders.put)),
    Plant("a drain waits for nobody", Seed(21, "restarts", "0"), Execution, "wait_until_idle", _idle_at_once),
    Plant(
        "a delayed report is dropped",
        Seed(4, "network", "next"),
        Senders,
        "_delay",
        lambda self, report, seconds: None,
    ),
    Plant(
        "a failure is looked at before its connection is made",
        Seed(3, "network", "0"),
        HttpChannel,
        "fail",
        _looked_at_too_early(HttpChannel.fail),
    ),
    Plant(
        "a renewed lease counts from its answer",
        Seed(78, "long handlers, leases are extended", "0"),
        LeaseKeeper,
        "_extend",
        _renewed_from_the_answer(LeaseKeeper._extend),
    ),
    Plant(
        "what was done once is never done again",
        Seed(87, "the last commit is lost", "0"),
        PollSource,
        "_claim",
        _claimed_and_all_remembered,
    ),
    Plant("a claim is dropped", Seed(0, "calm", "0"), Shift, "_start", lambda self, claim: None),
    Plant(
        "a job that was given back is reported",
        Seed(90, "jobs are given back", "0"),
        Execution,
        "finished",
        _reported(Execution.finished),
    ),
    Plant(
        "a job that was given back runs too soon",
        Seed(90, "jobs are given back", "0"),
        Execution,
        "_hold",
        _held_too_briefly(Execution._hold),
    ),
    Plant(
        "a job that was given back is forgotten",
        Seed(90, "jobs are given back", "0"),
        Execution,
        "_run_again",
        lambda self, item: None,
    ),
    Plant(
        "a failure is not held",
        Seed(0, "failures are held", "0"),
        Execution,
        "_hold_s",
        lambda self, item, outcome: 0.0,
    ),
    Plant(
        "a question's jobs have no slots promised",
        Seed(216, "failures are held", "0"),
        Slots,
        "promised",
        property(_zero, _not_set),
    ),
    Plant(
        "a worker that is paused claims on",
        Seed(102, "failures are held", "0"),
        Shift,
        "pause",
        lambda self, is_paused: None,
    ),
    Plant(
        "a type's limit is not kept",
        Seed(102, "failures are held", "0"),
        Slots,
        "_room",
        lambda self, job_type: self.total,
    ),
    Plant(
        "a type's rate is not kept",
        Seed(102, "failures are held", "0"),
        TokenBucket,
        "take",
        lambda self, now: None,
    ),
    Plant(
        "a lease that must be extended is not",
        Seed(108, "leases must be extended", "0"),
        LeaseKeeper,
        "must_be_confirmed",
        False,
    ),
    Plant(
        "who has left its slot stays counted",
        Seed(0, "calm", "0"),
        Execution,
        "_settle",
        _stays_counted("waits_without_slot"),
    ),
    Plant(
        "a report in trouble stays counted",
        Seed(3, "network", "0"),
        Execution,
        "_settle",
        _stays_counted("is_troubled"),
    ),
    Plant(
        "a retry that was claimed proves nothing",
        Seed(173, "suspends and faults", "leases"),
        Execution,
        "_came_again",
        not_proved(Execution._came_again),
    ),
    Plant(
        "an attempt runs that another's result made needless",
        Seed(5, "long handlers", "0"),
        InFlight,
        "stand_for_next",
        _next_attempt_kept,
    ),
    Plant(
        "the failure of a retry that waited here is left out",
        Seed(13, "jobs are given back", "leases"),
        InFlight,
        "stand_for_next",
        _overtaken_ever_after,
    ),
    Plant(
        "an answer counts whatever has come since its question",
        Seed(2, "pauses", "leases"),
        Claim,
        "renew",
        _as_if_never_renewed(Claim.renew),
    ),
)
