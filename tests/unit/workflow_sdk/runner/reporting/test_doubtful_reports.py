"""Reports of which no answer tells what became of them: the history decides, or who has the right to fail."""

from __future__ import annotations

import asyncio

import pytest

from support.scripted_channel import Desk, Script, played
from workflow_sdk.clock import boottime
from workflow_sdk.errors import EngineClientError, EngineUnreachableError
from workflow_sdk.job import job_from_poll
from workflow_sdk.runner.job.claim import Claim, ClaimRight, Lease
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.reporting import doubtful_reports

pytestmark = pytest.mark.usefixtures("at_once_or_not")
CUT = EngineUnreachableError("connection closed before the answer")
EMPTY = EngineUnreachableError("an empty answer 200", kind="doubtful")


def refusal(status: int, code: str, reason: str) -> EngineClientError:
    return EngineClientError(status, reason, code=code, reason=reason)


@pytest.mark.parametrize(
    ("step", "instance", "fails", "settlement"),
    [
        ("COMPLETED", "ACTIVE", False, Settlement.ACKNOWLEDGED),
        ("FAILED", "FAILED", False, Settlement.ENDED),
        ("RUNNING", "CANCELLED", False, Settlement.ENDED),
        ("RUNNING", "COMPLETED", False, Settlement.ENDED),
        ("FAILED", "FAILED", True, Settlement.ACKNOWLEDGED),
        ("COMPLETED", "ACTIVE", True, Settlement.ENDED),
        ("RUNNING", "ACTIVE", True, Settlement.LEFT),
    ],
)
def test_a_doubtful_answer_is_settled_by_the_history(
    step: str, instance: str, fails: bool, settlement: Settlement
) -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: EMPTY
        script.step_status, script.status = step, instance
        desk.put("j", fails=fails, lease_end=boottime() + 30)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": settlement}

    assert played(play).tries["j"] == 1


def test_a_step_that_ends_with_its_instance_between_two_looks_is_not_taken_for_ended_otherwise() -> None:
    """The engine finishes a slow request after the history was read, and before the instance is."""

    async def play(script: Script, desk: Desk) -> None:
        async def completed_now(instance_id: str) -> str:
            script.step_status = "COMPLETED"
            return "COMPLETED"

        script.trouble = lambda _: EMPTY
        script.instance_status = completed_now  # type: ignore[method-assign]
        desk.put("j", lease_end=boottime() + 30)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED}

    assert played(play).tries["j"] == 1


def test_a_completion_that_came_too_late_is_sent_again_until_the_history_shows_it() -> None:
    async def play(script: Script, desk: Desk) -> None:
        desk.put("j", lease_end=boottime() - 1)
        await desk.until(lambda: script.tries["j"] >= 3)
        assert desk.settled == {}
        script.step_status = "COMPLETED"
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED}

    assert played(play).twice_under_way == []


def test_a_late_result_goes_at_once_under_the_id_of_a_new_claim() -> None:
    async def play(script: Script, desk: Desk) -> None:
        report = desk.put("old", lease_end=boottime() - 1)
        await desk.until(lambda: report.is_in_doubt)
        later = Claim(job_from_poll({"id": "new", "jobType": "t"}), lease=Lease(30.0, boottime() + 30))
        report.claim.renew(later)
        desk.senders.renewed(report)
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"new": Settlement.ACKNOWLEDGED}

    assert played(play).tries["new"] == 1


class Partition:
    right_to_fail = ClaimRight.HAS
    is_leaving = False
    progress_s = 0.0
    is_inherited = False

    def knows_retries(self, published_by: float) -> bool:
        return self.is_inherited


@pytest.mark.parametrize("error", [CUT, EngineClientError(503, "reset"), EngineClientError(404, "backend")])
def test_a_failure_whose_answer_was_lost_waits_for_its_retry_to_come(error: Exception) -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: error
        report = desk.put("j", fails=True, retries=2, holder=Partition())
        await desk.until(lambda: script.looks >= 2)
        assert script.tries["j"] == 1
        desk.senders.proved(report)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED}

    assert played(play).tries["j"] == 1


def test_a_failure_whose_retry_has_not_come_in_its_partition_is_sent_again() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: CUT if script.tries["j"] == 1 else None
        partition = Partition()
        desk.put("j", fails=True, retries=2, holder=partition)
        await desk.until(lambda: script.looks)
        partition.progress_s = 5.0
        await desk.until(lambda: desk.settled)

    assert played(play).tries["j"] == 2


def test_a_failure_is_dropped_with_its_partition_and_waits_while_that_is_unsure() -> None:
    async def play(script: Script, desk: Desk) -> None:
        partition = Partition()
        partition.right_to_fail = ClaimRight.UNSURE
        desk.put("j", fails=True, holder=partition)
        desk.put("success", holder=partition)
        await desk.until(lambda: "success" in desk.settled)
        await asyncio.sleep(0)
        assert "j" not in desk.settled
        partition.right_to_fail = ClaimRight.LOST
        await desk.until(lambda: desk.settled.get("j") is Settlement.LEFT)

    assert "j" not in played(play).tries


def test_a_result_the_engine_cannot_read_becomes_a_failure_with_its_reason() -> None:
    async def play(script: Script, desk: Desk) -> None:
        unreadable = refusal(400, "bad-request", "invalid request body: number too large")
        script.trouble = lambda _: None if script.failures else unreadable
        desk.put("j", retries=3)
        await desk.until(lambda: desk.settled)

    ((job_id, message, retryable),) = played(play).failures
    assert (job_id, retryable) == ("j", False)
    assert "invalid request body: number too large" in message


def test_a_413_is_about_the_size_only_where_a_small_result_gets_through() -> None:
    too_large = EngineClientError(413, "Request Entity Too Large")

    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda job_id: None if job_id.startswith("good") else too_large
        desk.put("j", retries=3)
        await desk.until(lambda: script.tries["j"] >= 2)
        assert script.failures == []
        script.trouble = lambda job_id: (
            too_large
            if job_id == "j" and not script.failures
            else refusal(500, "internal-error", "not found")
        )
        await desk.until(lambda: script.failures)

    assert played(play).failures[0][0] == "j"


def test_a_schema_violation_is_final_and_says_what_was_returned(caplog: pytest.LogCaptureFixture) -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: refusal(
            500, "internal-error", 'schema violation: field "x" expected number'
        )
        report = desk.put("j")
        report.outcome = Completed({}, b'{"x": "five", "apiToken": "abc", "in": {"password": "def"}}')
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.REJECTED}

    assert played(play).tries["j"] == 1
    (said,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "schema violation" in said
    assert '"five"' in said
    assert "abc" not in said
    assert "def" not in said


def test_a_result_that_was_refused_before_is_tried_briefly() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: refusal(500, "internal-error", "join step: no gateway")
        desk.put("j").was_refused = True
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.REFUSED}

    assert played(play).tries["j"] == 2


def test_a_failure_in_doubt_waits_a_minute_for_a_partition_that_cannot_be_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: CUT if script.tries["j"] == 1 else None
        desk.put("j", fails=True, retries=2, holder=Partition())
        await desk.until(lambda: script.looks >= 2)
        assert script.tries["j"] == 1
        monkeypatch.setattr(doubtful_reports, "PATIENCE_S", 0.0)
        await desk.until(lambda: desk.settled)

    assert doubtful_reports.PATIENCE_S == 60.0
    assert played(play).tries["j"] == 2


class InheritedPartition(Partition):
    is_inherited = True


@pytest.mark.parametrize(
    ("step", "retries", "tries", "settlement"),
    [
        ("COMPLETED", 2, 0, Settlement.ENDED),
        ("COMPLETED", 0, 0, Settlement.ENDED),
        ("FAILED", 0, 0, Settlement.ACKNOWLEDGED),
        ("RUNNING", 2, 1, Settlement.ACKNOWLEDGED),
        ("RUNNING", 0, 1, Settlement.ACKNOWLEDGED),
    ],
)
def test_an_inherited_failure_is_sent_only_while_its_step_runs(
    step: str, retries: int, tries: int, settlement: Settlement
) -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.step_status = step
        desk.put("j", fails=True, retries=retries, holder=InheritedPartition())
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": settlement}

    assert played(play).tries["j"] == tries


def test_an_inherited_failure_is_looked_at_anew_under_a_later_claim() -> None:
    async def play(script: Script, desk: Desk) -> None:
        script.trouble = lambda _: EngineClientError(
            401, "who are you"
        )  # passed on by nobody: it is sent again
        report = desk.put("j", fails=True, retries=2, holder=InheritedPartition())
        await desk.until(lambda: script.tries["j"] == 1)
        script.step_status = "COMPLETED"
        report.claim.renew(Claim(report.claim.job, holder=InheritedPartition()))
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ENDED}

    assert played(play).tries["j"] <= 2


def test_an_inherited_failure_is_sent_at_last_where_a_gateway_lets_no_question_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(script: Script, desk: Desk) -> None:
        async def forbidden(instance_id: str) -> list[dict[str, object]]:
            script.looks += 1
            raise EngineClientError(403, "RBAC: access denied")

        script.history = forbidden  # type: ignore[method-assign]
        desk.put("j", fails=True, retries=2, holder=InheritedPartition())
        await desk.until(lambda: script.looks)
        assert script.tries["j"] == 0
        monkeypatch.setattr(doubtful_reports, "PATIENCE_S", 0.0)
        desk.watch.succeeded()
        await desk.until(lambda: desk.settled)

    assert played(play).tries["j"] == 1


class Searched(Partition):
    """Whose rest is read when a test says so."""

    is_inherited = True

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.known_by = 0.0

    def knows_retries(self, published_by: float) -> bool:
        self.asked.append(published_by)
        return self.known_by >= published_by


def test_the_retry_of_an_earlier_failure_is_looked_for_once_the_engine_has_answered_and_published_it() -> (
    None
):
    """The engine may have been away with the failure taken, and its retry not published."""

    async def play(script: Script, desk: Desk) -> None:
        async def away(instance_id: str) -> list[dict[str, object]]:
            script.looks += 1
            raise CUT

        answers, script.history = script.history, away  # type: ignore[method-assign]
        partition = Searched()
        desk.put("j", fails=True, retries=2, holder=partition)
        await desk.until(lambda: script.looks >= 2)
        assert partition.asked == []
        back = boottime()
        script.history = answers  # type: ignore[method-assign]
        desk.watch.succeeded()
        await desk.until(lambda: partition.asked)
        assert partition.asked[0] >= back + doubtful_reports.PUBLISHED_S
        assert script.tries["j"] == 0
        looks, partition.known_by = script.looks, partition.asked[0]
        await desk.until(lambda: desk.settled)
        assert desk.settled == {"j": Settlement.ACKNOWLEDGED}
        assert script.looks == looks + 1  # the last word is the history's

    assert played(play).tries["j"] == 1


def test_hundreds_of_inherited_failures_are_each_looked_at_once_and_sent() -> None:
    """One after another, without a rest: their watermark waits for them."""

    async def play(script: Script, desk: Desk) -> None:
        for number in range(400):
            desk.put(f"j{number}", fails=True, retries=2, holder=InheritedPartition())
        await desk.until(lambda: len(desk.settled) == 400)
        # The first ones find out that the engine answers.
        assert script.looks <= 400 + doubtful_reports.LOOKS_AT_ONCE

    assert set(played(play).tries.values()) == {1}
