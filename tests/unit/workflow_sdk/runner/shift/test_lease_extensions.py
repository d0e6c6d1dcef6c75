"""What each answer to an extension makes of the lease, of its job, and of the next question."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from workflow_sdk.errors import HeartbeatUnsupportedError, LeaseLostError
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, ClaimRight, Lease
from workflow_sdk.runner.job.in_flight import InFlight, Phase
from workflow_sdk.runner.shift.lease_keeper import LeaseKeeper

BEGAN, LENGTH_S = 1_000.0, 60.0
HALF = BEGAN + LENGTH_S / 2
MONOTONIC = 5.0


class Engine:
    """Answers extensions by its script, then accepts; time is what it says, and goes on by `takes_s` in a question."""

    def __init__(self, *answers: Exception | None) -> None:
        self.now = BEGAN
        self.takes_s = 0.0
        self.answers = list(answers)
        # When it was asked, for which job, and for how long a lease.
        self.asked: list[tuple[float, str, int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def extend(self, job_id: str, lease_seconds: int) -> None:
        self.asked.append((self.now, job_id, lease_seconds))
        await self.may_answer.wait()
        self.now += self.takes_s
        if self.answers and (error := self.answers.pop(0)):
            raise error


class Keeping:
    """A LeaseKeeper before an engine, and what it said to others."""

    def __init__(self, engine: Engine, *, wanted: bool | None = None, lease_seconds: int = 0) -> None:
        self.engine = engine
        self.metrics = Metrics(registry=CollectorRegistry())
        self.is_away = False
        self.unsupported: list[HeartbeatUnsupportedError] = []
        channel: Any = engine
        self.keeper = LeaseKeeper(
            channel,
            metrics=self.metrics,
            wanted=wanted,
            interval_s=None,
            lease_seconds=lease_seconds,
            is_away=lambda: self.is_away,
            unsupported=self.unsupported.append,
            clock=lambda: engine.now,
        )

    async def asked(self, now: float, *items: InFlight) -> list[str]:
        """The jobs that the engine is asked about when the keeper looks at this time, each answered if it may be."""
        before = len(self.engine.asked)
        self.engine.now = now
        self.keeper.look(items, now)
        await begun(answered=self.engine.may_answer.is_set())
        return [job_id for _, job_id, _ in self.engine.asked[before:]]

    def counted(self, **results: int) -> bool:
        """Whether the metric has these counts, and none beside them."""
        known = ("accepted", "retry", "lease_lost", "rejected")
        return all(
            (self.metrics.registry.get_sample_value("workflow_sdk_heartbeat_total", {"result": result}) or 0)
            == results.get(result, 0)
            for result in known
        )


async def begun(*, answered: bool) -> None:
    """Every other task has begun, or also ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if answered:
        await asyncio.gather(*others, return_exceptions=True)
    # Callbacks of what has ended run in the loop's next round.
    await asyncio.sleep(0)


def a_claim(job_id: str = "j", *, length_s: float = LENGTH_S) -> Claim:
    return Claim(job_from_poll({"id": job_id, "jobType": "work"}), lease=Lease(length_s, BEGAN + length_s))


def a_job(job_id: str = "j") -> InFlight:
    claim = a_claim(job_id)
    handler: Any = SimpleNamespace()
    return InFlight(claim, handler, CurrentJob(claim.job))


def test_a_failed_extension_is_tried_again_a_second_after_it_was_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        keeping, job = Keeping(Engine(TimeoutError("slow"), ConnectionError("cut"))), a_job()
        keeping.engine.takes_s = 0.5
        assert await keeping.asked(HALF, job) == ["j"]
        assert job.claim.lease == Lease(LENGTH_S, BEGAN + LENGTH_S)
        assert await keeping.asked(HALF + 0.999, job) == []
        assert await keeping.asked(HALF + 1, job) == ["j"]
        assert await keeping.asked(HALF + 2, job) == ["j"]
        assert job.claim.lease == Lease(LENGTH_S, HALF + 2 + LENGTH_S)
        assert keeping.counted(retry=2, accepted=1)
        assert not job.current.stopping.is_set()

    with caplog.at_level(logging.DEBUG, "workflow_sdk"):
        asyncio.run(scene())
    assert caplog.messages == [
        "job j: its lease was not extended: TimeoutError: slow",
        "job j: its lease was not extended: ConnectionError: cut",
    ]


def test_a_job_has_one_extension_under_way_however_long_it_takes() -> None:
    async def scene() -> None:
        engine, job = Engine(), a_job()
        keeping = Keeping(engine)
        engine.may_answer.clear()
        assert await keeping.asked(HALF, job) == ["j"]
        assert await keeping.asked(HALF + 10, job, a_job("other")) == ["other"]
        assert await keeping.asked(HALF + 29, job) == []
        engine.may_answer.set()
        await begun(answered=True)
        # Counted from the question the new lease is at its half long before one counted from the answer.
        assert await keeping.asked(HALF + 29.75, job) == []
        assert await keeping.asked(HALF + 30, job) == ["j"]

    asyncio.run(scene())


@pytest.mark.parametrize(("lease_seconds", "length"), [(0, 60), (90, 90)])
def test_an_accepted_lease_counts_from_the_question_and_is_shown_to_the_handler(
    monkeypatch: pytest.MonkeyPatch, lease_seconds: int, length: int
) -> None:
    monkeypatch.setattr("workflow_sdk.runner.job.in_flight.monotonic", lambda: MONOTONIC)

    async def scene() -> None:
        keeping, job = Keeping(Engine(), lease_seconds=lease_seconds), a_job()
        keeping.engine.takes_s = 2.0
        await keeping.asked(HALF, job)
        assert keeping.engine.asked == [(HALF, "j", length)]
        assert job.claim.lease == Lease(float(length), HALF + length)
        assert job.current.lease_end == MONOTONIC + length - 2.0

    asyncio.run(scene())


def test_a_job_that_comes_again_while_its_lease_is_extended_keeps_the_later_lease() -> None:
    async def scene() -> None:
        engine, job, later = Engine(), a_job(), a_claim("later")
        keeping = Keeping(engine)
        engine.may_answer.clear()
        await keeping.asked(HALF, job)
        later.lease = Lease(20.0, HALF + 22)
        job.claim.renew(later)
        engine.may_answer.set()
        await begun(answered=True)
        assert (job.claim.job_id, job.claim.lease) == ("later", Lease(20.0, HALF + 22))
        assert job.current.lease_end is None

    asyncio.run(scene())


def test_a_lost_lease_is_over_at_once_is_said_and_is_not_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        keeping, job = Keeping(Engine(LeaseLostError("gone"))), a_job()
        keeping.engine.takes_s = 2.0
        await keeping.asked(HALF, job)
        assert job.claim.lease == Lease(LENGTH_S, HALF + 2)
        assert job.claim.right_to_fail(HALF + 2) is ClaimRight.LOST
        assert job.current.stopping.is_set()
        assert await keeping.asked(HALF + 1_000, job) == []
        assert keeping.counted(lease_lost=1)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert caplog.messages == ["work job j: its lease is lost, another worker may run it (gone)"]


def test_an_engine_that_cannot_extend_is_asked_again_each_minute_about_one_job(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusal = HeartbeatUnsupportedError("too old")

    async def scene() -> None:
        keeping, one, two = Keeping(Engine(refusal, refusal)), a_job("one"), a_job("two")
        assert await keeping.asked(HALF, one) == ["one"]
        assert await keeping.asked(HALF + 59.75, one, two) == []
        assert await keeping.asked(HALF + 60, one, two) == ["one"]
        assert await keeping.asked(HALF + 119.75, one, two) == []
        assert await keeping.asked(HALF + 120, two, one) == ["two"]
        assert two.claim.lease == Lease(LENGTH_S, HALF + 120 + LENGTH_S)
        # It has learnt it: now each job has its own time again.
        assert await keeping.asked(HALF + 120.25, one, two) == ["one"]
        assert await keeping.asked(HALF + 150, one, two) == ["two"]
        assert keeping.counted(rejected=2, accepted=3)
        assert keeping.unsupported == []

    with caplog.at_level(logging.DEBUG, "workflow_sdk"):
        asyncio.run(scene())
    assert [line for line in caplog.messages if "lease;" not in line] == [
        "leases are not extended: too old",
        "the engine extends leases now",
    ]


def test_who_insists_on_extensions_hears_once_that_there_are_none() -> None:
    refusals = HeartbeatUnsupportedError("too old"), HeartbeatUnsupportedError("too old")

    async def scene() -> None:
        keeping = Keeping(Engine(*refusals), wanted=True)
        assert await keeping.asked(HALF, a_job("one"), a_job("two")) == ["one", "two"]
        assert keeping.unsupported == [refusals[0]]

    asyncio.run(scene())


def test_no_extension_is_asked_for_where_none_is_wanted_or_the_engine_is_away_or_there_is_no_lease() -> None:
    async def scene() -> None:
        without, job = a_job("without"), a_job()
        without.claim.lease = None
        keeping = Keeping(Engine())
        keeping.is_away = True
        assert await keeping.asked(HALF, job) == []
        keeping.is_away = False
        assert await keeping.asked(HALF + 1, without, job) == ["j"]
        assert await Keeping(Engine(), wanted=False).asked(BEGAN + 1_000, a_job()) == []

    asyncio.run(scene())


def test_a_running_job_past_four_fifths_of_a_lease_that_cannot_be_extended_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        keeping, job, held = Keeping(Engine(), wanted=False), a_job(), a_job("held")
        held.phase = Phase.HELD
        await keeping.asked(BEGAN + 47.75, held, job)
        assert caplog.messages == []
        await keeping.asked(BEGAN + 48, held, job)
        await keeping.asked(BEGAN + 49, held, job)
        overruns = keeping.metrics.registry.get_sample_value(
            "workflow_sdk_lease_overruns_total", {"job_type": "work"}
        )
        assert overruns == 1
        able = Keeping(Engine())
        able.is_away = True
        await able.asked(BEGAN + 59, a_job("able"))

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    (line,) = caplog.messages
    assert line.startswith("work job j has run 48 s of its 60 s lease;")


@pytest.mark.parametrize("wanted", [None, True, False])
def test_a_first_job_waits_for_an_accepted_extension_only_where_the_caller_insists(
    caplog: pytest.LogCaptureFixture, wanted: bool | None
) -> None:
    async def scene() -> None:
        keeping, claim = Keeping(Engine(TimeoutError("slow")), wanted=wanted), a_claim()
        assert keeping.keeper.must_be_confirmed is (wanted is True)
        await keeping.keeper.confirm(claim)
        assert keeping.keeper.must_be_confirmed is (wanted is True)
        await keeping.keeper.confirm(claim)
        assert keeping.keeper.must_be_confirmed is False

    with caplog.at_level(logging.DEBUG, "workflow_sdk"):
        asyncio.run(scene())
    assert caplog.messages == ["job j: its lease was not extended: TimeoutError: slow"]


@pytest.mark.parametrize(("lease_seconds", "length"), [(0, 60), (90, 90)])
def test_a_confirmed_lease_is_the_one_asked_for_and_counts_from_the_question(
    lease_seconds: int, length: int
) -> None:
    async def scene() -> None:
        claim = a_claim(length_s=59.6)
        keeping = Keeping(Engine(), wanted=True, lease_seconds=lease_seconds)
        keeping.engine.now, keeping.engine.takes_s = BEGAN + 1, 2.0
        assert await keeping.keeper.confirm(claim)
        assert keeping.engine.asked == [(BEGAN + 1, "j", length)]
        assert claim.lease == Lease(float(length), BEGAN + 1 + length)

    asyncio.run(scene())


def test_a_first_job_does_not_begin_without_its_lease_or_an_engine_that_can_extend_it() -> None:
    refusal = HeartbeatUnsupportedError("too old")

    async def scene() -> None:
        lost = Keeping(Engine(LeaseLostError("gone")), wanted=True)
        assert not await lost.keeper.confirm(a_claim())
        unable = Keeping(Engine(refusal), wanted=True)
        assert not await unable.keeper.confirm(a_claim())
        assert (lost.unsupported, unable.unsupported) == ([], [refusal])
        assert lost.keeper.must_be_confirmed
        assert unable.keeper.must_be_confirmed
        without = a_claim()
        without.lease = None
        assert await unable.keeper.confirm(without)
        assert len(unable.engine.asked) == 1
        # The looks go on until the run has ended.
        assert await unable.asked(BEGAN + 1, a_job()) == []

    asyncio.run(scene())


def test_what_is_under_way_at_the_close_is_given_up_and_changes_no_lease() -> None:
    async def scene() -> None:
        engine, job = Engine(), a_job()
        keeping = Keeping(engine)
        engine.may_answer.clear()
        await keeping.asked(HALF, job)
        (task,) = asyncio.all_tasks() - {asyncio.current_task()}
        await keeping.keeper.close()
        assert task.cancelled()
        engine.may_answer.set()
        await begun(answered=True)
        assert job.claim.lease == Lease(LENGTH_S, BEGAN + LENGTH_S)
        assert keeping.counted(retry=1)

    asyncio.run(scene())


def test_the_close_waits_until_what_it_gives_up_has_ended() -> None:
    async def scene() -> None:
        keeping = Keeping(Engine())
        keeping.engine.may_answer.clear()
        await keeping.asked(HALF, a_job("one"), a_job("two"))
        await keeping.keeper.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_an_extension_that_has_ended_is_not_kept() -> None:
    async def scene() -> None:
        keeping = Keeping(Engine())
        keeping.engine.may_answer.clear()
        await keeping.asked(HALF, a_job())
        (task,) = (weakref.ref(task) for task in asyncio.all_tasks() - {asyncio.current_task()})
        keeping.engine.may_answer.set()
        await begun(answered=True)
        gc.collect()
        assert task() is None
        await keeping.keeper.close()

    asyncio.run(scene())
