"""Limits by job type beyond slots: a rate, in simulated time; and quiet."""

import pytest

from workflow_sdk.runner.job import slots as module
from workflow_sdk.runner.job.slots import Slots


class HandClock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> HandClock:
    hand = HandClock()
    monkeypatch.setattr(module, "monotonic", hand)
    return hand


def started_in(slots: Slots, clock: HandClock, seconds: float) -> int:
    """How many jobs start when there is always one more, asked for every 10 ms."""
    count = 0
    for _ in range(round(seconds / 0.01)):
        clock.now += 0.01
        order = slots.order(["mail"])
        for _ in range(order.max_jobs if order.job_types else 0):
            slots.take("mail")
            slots.give_back("mail")
            count += 1
    return count


def test_no_more_than_the_rate_starts_and_the_rate_is_reached(clock) -> None:
    slots = Slots(64, rates={"mail": 10.0})
    assert 99 <= started_in(slots, clock, 10) <= 101


def test_after_a_pause_a_seconds_worth_may_start_at_once_and_no_more(clock) -> None:
    slots = Slots(64, rates={"mail": 10.0})
    slots.order(["mail"])
    clock.now += 3600
    assert slots.order(["mail"]).max_jobs == 10


def test_a_type_at_its_rate_leaves_the_others_their_room(clock) -> None:
    slots = Slots(8, rates={"mail": 1.0})
    slots.take("mail")
    assert slots.order(["mail", "score"]) == (["score"], 7)
    assert not slots.has_room("mail")
    assert slots.has_room("score")
    assert slots.next_start_s("mail") == pytest.approx(1.0)
    clock.now += 1.0
    assert slots.has_room("mail")


def test_a_rate_slower_than_one_a_second_still_lets_one_start(clock) -> None:
    slots = Slots(8, rates={"mail": 0.1})
    assert started_in(slots, clock, 60) in (6, 7)


def test_a_type_with_a_rate_waits_for_no_thread_so_that_its_starts_are_as_far_apart_as_its_tokens(
    clock,
) -> None:
    slots = Slots(1, rates={"mail": 10.0})
    slots.take("score")
    assert slots.has_room("score", ahead=8)
    assert not slots.has_room("mail", ahead=8)
    slots.give_back("score")
    assert slots.has_room("mail", ahead=8)


def test_quiet_slots_have_no_room_for_anything(clock) -> None:
    slots = Slots(8, is_paused=True)
    assert (slots.order(["score"]).max_jobs, slots.has_room("score", ahead=8)) == (0, False)
