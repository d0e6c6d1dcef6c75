"""Senders and the watch over the engine, with a scripted channel."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.scripted_channel import Desk, Script, played
from workflow_sdk.clock import boottime
from workflow_sdk.errors import EngineClientError, EngineUnreachableError
from workflow_sdk.job import job_from_poll
from workflow_sdk.runner.job.claim import Claim, ClaimRight, Lease
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.reporting.senders import SENDERS

pytestmark = pytest.mark.usefixtures("at_once_or_not")
REFUSED = EngineUnreachableError("connection refused", was_sent=False)


def test_while_the_engine_is_away_few_tries_are_made_however_many_results_wait() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: REFUSED
        for number in range(200):
            desk.put(f"j{number}")
        await desk.until(lambda: script.tries.total() >= 3 * SENDERS)
        assert len(script.tries) <= SENDERS
        assert desk.watch.is_away
        assert desk.watch.waiting_reports == 200

    played(play)


def test_the_first_success_wakes_all_and_claiming_may_resume_when_all_are_sent() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: REFUSED
        for number in range(50):
            desk.put(f"j{number}")
        await desk.until(lambda: desk.watch.is_away)
        assert not desk.watch.is_flushed
        script.trouble = lambda _: None
        desk.watch.succeeded()
        await desk.watch.wait_for_flush(10)
        assert len(desk.settled) == 50

    assert played(play).twice_under_way == []


def test_one_result_that_never_gets_through_holds_up_no_others() -> None:
    async def play(script: Script, desk: Desk) -> None:
        cut = EngineUnreachableError("connection closed before the answer")
        script.trouble = lambda job_id: cut if job_id == "poison" else None
        desk.put("poison")
        for number in range(100):
            desk.put(f"j{number}")
        await desk.until(lambda: len(desk.settled) == 100)
        async with asyncio.timeout(60):
            while desk.watch.waiting_reports:
                desk.put(f"more{script.tries.total()}")
                await asyncio.sleep(0.02)
        assert "poison" not in desk.settled
        assert not desk.watch.is_away

    assert played(play).twice_under_way == []


def test_an_answer_of_the_engine_that_will_not_change_settles_the_report() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: EngineClientError(
            409, "no such thing", code="conflict", reason="no such thing"
        )
        desk.put("j")
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.REFUSED}

    assert played(play).tries["j"] == 1


def test_a_failure_whose_lease_is_over_is_not_even_tried() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.step_status = "COMPLETED"
        desk.put("late", fails=True, lease_end=boottime() - 1)
        desk.put("in time", fails=True, lease_end=boottime() + 20)
        desk.put("late success", lease_end=boottime() - 1)
        await desk.until(lambda: len(desk.settled) == 3)
        assert desk.settled == {
            "late": Settlement.LEFT,
            "in time": Settlement.ACKNOWLEDGED,
            "late success": Settlement.ACKNOWLEDGED,
        }
        assert script.looks > 0

    assert "late" not in played(play).tries


def test_a_failure_whose_lease_ends_while_a_connection_is_made_is_not_sent() -> None:
    async def play(script: Script, desk: Desk) -> None:
        def end_its_lease(_: str) -> None:
            report.claim.lease = Lease(30.0, boottime() - 1)

        script.dialled = end_its_lease
        report = desk.put("late", fails=True, lease_end=boottime() + 20)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"late": Settlement.LEFT}

    assert played(play).failures == []


def test_a_failure_whose_job_comes_again_while_a_connection_is_made_goes_under_the_new_id() -> None:
    async def play(script: Script, desk: Desk) -> None:
        def come_again(job_id: str) -> None:
            if job_id == "old":
                later = Claim(
                    job_from_poll({"id": "new", "jobType": "t"}), lease=Lease(30.0, boottime() + 30)
                )
                report.claim.renew(later)

        script.dialled = come_again
        report = desk.put("old", fails=True, lease_end=boottime() + 20)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"new": Settlement.ACKNOWLEDGED}

    assert [job_id for job_id, *_ in played(play).failures] == ["new"]


@pytest.mark.parametrize("left_s", [30.0, 0.0], ids=["its lease goes on", "its lease ends then"])
def test_a_failure_whose_retry_comes_while_a_connection_is_made_is_not_sent(left_s: float) -> None:
    """Somebody else has failed this attempt: to fail it again would cost the retry."""

    async def play(script: Script, desk: Desk) -> None:
        def retry_comes(_: str) -> None:
            report.claim.lease = Lease(30.0, boottime() + left_s)
            desk.senders.proved(report)

        script.dialled = retry_comes
        report = desk.put("j", fails=True, lease_end=boottime() + 30)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ENDED}

    assert not played(play).failures


class Wavering:
    """A holder that is unsure of its right once a connection has been made, and sure again soon."""

    right_to_fail = ClaimRight.HAS
    is_leaving = False
    progress_s = 0.0
    is_inherited = False

    def knows_retries(self, published_by: float) -> bool:
        return True


def test_a_failure_that_is_unsure_once_a_connection_is_made_waits_until_it_is_sure() -> None:
    async def play(script: Script, desk: Desk) -> None:
        holder, dials = Wavering(), []

        def waver(job_id: str) -> None:
            dials.append(job_id)
            holder.right_to_fail = ClaimRight.UNSURE if len(dials) == 1 else ClaimRight.HAS
            asyncio.get_running_loop().call_later(0.05, setattr, holder, "right_to_fail", ClaimRight.HAS)

        script.dialled = waver
        desk.put("j", fails=True, holder=holder)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED}
        assert len(dials) == 2

    assert len(played(play).failures) == 1


def test_so_many_reports_are_under_way_as_there_are_senders() -> None:
    async def play(script: Script, desk: Desk) -> None:
        for number in range(100):
            desk.put(f"j{number}")
        await desk.until(lambda: len(desk.settled) == 100)

    assert played(play).most_under_way <= SENDERS


def test_one_result_that_waits_is_one_result(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "workflow_sdk")

    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: REFUSED if script.tries.total() == 1 else None
        desk.put("only")
        await desk.until(lambda: len(desk.settled) == 1)

    played(play)
    away, back = [record.message for record in caplog.records]
    assert "Retrying; 1 result waiting" in away
    assert back.endswith("; 1 result reported")


def test_an_absence_is_said_once_with_its_tries_and_once_that_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "workflow_sdk")

    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: REFUSED
        for number in range(12):
            desk.put(f"j{number}")
        await desk.until(lambda: script.tries.total() >= 20)
        script.trouble = lambda _: None
        await desk.until(lambda: len(desk.settled) == 12)

    played(play)
    away, back = [record.message for record in caplog.records]
    assert away == (
        "engine unreachable: connection refused (http://engine). Retrying; 12 results waiting to be reported."
    )
    assert back.startswith("engine reachable again after ")
    assert back.endswith("results reported")


def test_a_result_nobody_can_read_of_an_attempt_that_somebody_else_has_failed_fails_nothing() -> None:
    async def play(script: Script, desk: Desk) -> None:
        unreadable = EngineClientError(400, "no", code="bad-request", reason="invalid request body: EOF")
        script.trouble = lambda _: None if script.failures else unreadable
        desk.put("j")
        desk.put("k").is_overtaken = True
        await desk.until(lambda: len(desk.settled) == 2)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED, "k": Settlement.ENDED}

    assert [job_id for job_id, _, _ in played(play).failures] == ["j"]


def test_what_keeps_a_completion_from_beginning_is_its_own_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory for its body, say: whoever put it goes on, and it is sent again."""
    monkeypatch.setattr(Script, "is_at_once", True)
    begin = Script.begin_completion
    refused: list[str] = []

    def begin_or_not(script: Script, job_id: str, *arguments: Any) -> bool:
        if refused.count(job_id) < 2:
            refused.append(job_id)
            raise MemoryError
        return bool(begin(script, job_id, *arguments))

    monkeypatch.setattr(Script, "begin_completion", begin_or_not)

    async def play(script: Script, desk: Desk) -> None:
        for number in range(2 * SENDERS):
            desk.put(f"j{number}")
        await desk.until(lambda: len(desk.settled) == 2 * SENDERS)

    assert played(play).twice_under_way == []
