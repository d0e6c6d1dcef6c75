"""Slots with limits by type; outcomes kept for a job that comes again."""

from __future__ import annotations

from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import job_from_poll
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, Lease
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.kept_outcomes import KeptOutcome, KeptOutcomes
from workflow_sdk.runner.job.outcome import NOTHING, Failed, Outcome
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.shift.execution import Execution
from workflow_sdk.runner.shift.retry_delay import FailureCounts
from workflow_sdk.runner.statistics import Statistics


def test_without_limits_all_types_are_asked_for_as_many_as_there_are_slots() -> None:
    slots = Slots(4)
    slots.take("a")
    assert slots.order(["a", "b"]) == (["a", "b"], 3)
    slots.give_back("a")
    assert slots.order(["a", "b"]) == (["a", "b"], 4)


def test_a_type_without_room_is_left_out() -> None:
    slots = Slots(4, {"a": 1})
    slots.take("a")
    assert slots.order(["a", "b"]) == (["b"], 3)
    assert slots.order(["a"]) == ([], 0)


def test_so_many_may_wait_ahead_for_a_thread_and_no_more() -> None:
    slots = Slots(2)
    for _ in range(2):
        slots.take("a")
    assert not slots.has_room("a")
    assert slots.has_room("a", ahead=1)
    slots.take("a")
    assert slots.free == 0
    assert not slots.has_room("a", ahead=1)
    assert slots.has_room("a", ahead=2)


def test_what_a_question_may_bring_has_its_slots_and_others_have_the_rest() -> None:
    slots = Slots(4, {"b": 2})
    slots.promised = 3
    assert slots.has_room("a")
    assert not slots.has_room("b"), "all of them may be of the type with a limit"
    slots.take("a")
    assert not slots.has_room("a")
    slots.promised = 0
    assert slots.has_room("a")
    assert slots.has_room("b")


def test_never_more_is_asked_for_than_fits_any_of_the_types() -> None:
    slots = Slots(8, {"a": 2, "c": 3})
    assert slots.order(["a", "b", "c"]) == (["b", "a", "c"], 2)


def test_after_a_full_batch_limited_types_sit_out_a_turn() -> None:
    slots = Slots(8, {"a": 2})
    first = slots.order(["a", "b"])
    slots.answered(first, got=2)
    second = slots.order(["a", "b"])
    assert second == (["b"], 8)
    slots.answered(second, got=8)
    assert slots.order(["a", "b"]) == first


def claim(retries: int = 0, job_id: str = "j") -> Claim:
    return Claim(job_from_poll({"id": job_id, "jobType": "t", "retriesRemaining": retries}))


def test_a_kept_failure_is_for_the_same_attempt_only() -> None:
    kept = KeptOutcomes()
    failure = Failed("no", retryable=True)
    kept.keep(claim(2), failure)
    assert kept.take(claim(1)) is None
    kept.keep(claim(2), failure)
    assert kept.take(claim(2)) == KeptOutcome(failure, 2, was_refused=False)
    assert kept.take(claim(2)) is None


def test_a_job_is_known_by_its_step_execution_whatever_its_id() -> None:
    kept = KeptOutcomes()
    jobs = [
        job_from_poll({"id": name, "jobType": "t", "stepExecutionId": "s", "retriesRemaining": 2})
        for name in "ab"
    ]
    kept.keep(Claim(jobs[0]), Failed("no", retryable=True))
    assert kept.take(Claim(jobs[1])) is not None


def test_a_kept_completion_is_for_any_attempt() -> None:
    kept = KeptOutcomes()
    kept.keep(claim(2), NOTHING)
    assert kept.take(claim(1)) == KeptOutcome(NOTHING, 2, was_refused=False)


def test_what_is_kept_is_bounded() -> None:
    kept = KeptOutcomes(limit=2)
    for name in "abc":
        kept.keep(claim(job_id=name), NOTHING)
    assert [kept.take(claim(job_id=name)) is None for name in "abc"] == [True, False, False]
    counts = FailureCounts(limit=2)
    assert [counts.failed(name) for name in "aabca"] == [1, 2, 1, 1, 1]


def test_while_threads_are_short_no_more_is_claimed_than_there_are() -> None:
    slots = Slots(8, most=2)
    assert (slots.free, slots.order(["a"]).max_jobs) == (2, 2)
    slots.take("a")
    slots.take("a")
    assert (slots.free, slots.has_room("a")) == (0, False)
    slots.most = None
    assert slots.free == 6


@pytest.mark.parametrize(
    ("outcome", "lease", "is_kept"),
    [
        (NOTHING, Lease(30.0, 30.0), True),
        (NOTHING, None, False),
        (Failed("no", retryable=True), Lease(30.0, 30.0), False),
    ],
    ids=["a result", "a result from Kafka", "a failure"],
)
def test_a_result_is_kept_of_a_job_whose_instance_has_ended(
    outcome: Outcome, lease: Lease | None, is_kept: bool
) -> None:
    """Older engines hand such a job out again; its handler is not called for that."""
    job = job_from_poll({"id": "j", "jobType": "t", "stepExecutionId": "s", "retriesRemaining": 2})
    run: list[InFlight] = []
    sent: list[Report] = []
    registry = HandlerRegistry()
    registry.register("t", lambda job: None)
    execution = Execution(
        registry=registry,
        slots=Slots(8),
        statistics=Statistics(Metrics(CollectorRegistry())),
        call_later=lambda seconds, function: lambda: None,
        clock=lambda: 0.0,
    )
    nobody: Any = SimpleNamespace(
        submit=run.append, put=sent.append, settled=lambda *_: None, slot_freed=lambda: None
    )
    execution.begin_with(reporter=nobody, threads=nobody, coroutines=nobody, source=nobody)
    execution.start(Claim(job, lease=lease))
    run[0].outcome = outcome
    execution.finished(run[0])
    execution.settled(sent[0], Settlement.ENDED)
    execution.start(Claim(job, lease=lease))
    assert (len(run), len(sent)) == ((1, 2) if is_kept else (2, 1))


def test_threads_that_come_back_wake_the_source_and_those_that_go_do_not() -> None:
    woken: list[int | None] = []
    slots = Slots(8)
    source: Any = SimpleNamespace(slot_freed=lambda: woken.append(slots.most))
    execution = Execution(
        registry=HandlerRegistry(),
        slots=slots,
        statistics=Statistics(Metrics(CollectorRegistry())),
        call_later=lambda seconds, function: lambda: None,
        clock=monotonic,
    )
    nobody: Any = None
    execution.begin_with(reporter=nobody, threads=nobody, coroutines=nobody, source=source)
    for threads in (3, 3, 2, 4, None):
        execution.at_most(threads)
    assert woken == [4, None]
