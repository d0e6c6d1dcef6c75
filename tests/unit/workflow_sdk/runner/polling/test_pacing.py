"""Pacing, in simulated time: seeded Poisson arrivals from 0.1 to 2,000 jobs a second, polls and waits counted."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from math import inf

import pytest

from workflow_sdk.runner.polling.pacing import (
    IDLE_SPACING_S,
    MIN_SPACING_S,
    POLLS_PER_JOB,
    SHORT_SPACING_S,
    Pacing,
)

POLL_S = 0.002
REPORT_S = 0.003


@dataclass
class World:
    """An engine and a worker whose handlers take no time; a job of step k is followed by one of step k + 1."""

    rate: float
    steps: int = 1
    slots: int = 64
    seed: int = 1
    poll_s: float = POLL_S
    polls: int = 0
    waits: list[float] = field(default_factory=list)
    first_waits: list[float] = field(default_factory=list)

    def run(self, *, warm_up_s: float, seconds: float) -> None:
        """Count polls and waits in `seconds` after `warm_up_s`."""
        chance = random.Random(self.seed)
        arrivals = [(chance.expovariate(self.rate), 0)] if self.rate else []
        reports: list[tuple[float, int]] = []
        pacing = Pacing(slots=self.slots, now=0.0)
        now, in_use, end = 0.0, 0, warm_up_s + seconds
        waiting: list[tuple[float, int]] = []
        while now < end:
            due = pacing.due(now, free_slots=self.slots - in_use)
            now = max(now, min(due, reports[0][0] if reports else inf, arrivals[0][0] if arrivals else inf))
            while arrivals and arrivals[0][0] <= now:
                at, step = heapq.heappop(arrivals)
                waiting.append((at, step))
                if step == 0:
                    heapq.heappush(arrivals, (at + chance.expovariate(self.rate), 0))
            while reports and reports[0][0] <= now:
                at, step = heapq.heappop(reports)
                in_use -= 1
                if step + 1 < self.steps:
                    waiting.append((at, step + 1))
                pacing.reported(now, f"t{step}")
            if pacing.due(now, free_slots=self.slots - in_use) > now:
                continue
            free = self.slots - in_use
            pacing.asked(now)
            now += self.poll_s
            claimed, waiting = waiting[:free], waiting[free:]
            if now > warm_up_s:
                self.polls += 1
                self.waits += [now - self.poll_s - at for at, _ in claimed]
                self.first_waits += [now - self.poll_s - at for at, step in claimed if step == 0]
            pacing.answered(now, asked_for=free, got=len(claimed))
            in_use += len(claimed)
            for _, step in claimed:
                heapq.heappush(reports, (now + REPORT_S, step))


def part(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


@pytest.mark.parametrize("rate", [0.1, 0.2, 1, 5, 20, 100, 200, 500, 2000])
def test_polls_follow_the_arrival_rate(rate: float) -> None:
    """Bounds follow from what pacing promises; the factors leave room for chance, which makes gaps uneven."""
    seconds = max(20.0, 200 / rate)
    world = World(rate)
    world.run(warm_up_s=60, seconds=seconds)
    # So many polls to a mean gap between jobs; never closer than an answer and a rest, never further than idle.
    apart_s = min(max(1 / rate / POLLS_PER_JOB, POLL_S + MIN_SPACING_S), IDLE_SPACING_S)
    assert world.polls / seconds <= 1.25 / apart_s
    # Half the jobs wait no longer than half the time between polls; hardly one longer than all of it.
    assert part(world.waits, 0.5) <= 1.2 * apart_s / 2
    assert part(world.waits, 0.99) <= min(1.35 * apart_s, IDLE_SPACING_S + POLL_S)


def test_a_chain_of_steps_runs_at_the_speed_of_the_network() -> None:
    world = World(rate=5, steps=10)
    world.run(warm_up_s=20, seconds=60)
    later = sorted(set(world.waits) - set(world.first_waits))
    assert part(later, 0.5) == 0
    assert part(world.waits, 0.75) <= 0.002


@pytest.mark.parametrize("poll_s", [0.0005, 0.001, 0.002, 0.004])
def test_an_engine_is_asked_equally_often_however_long_its_answers_take(poll_s: float) -> None:
    world, seconds = World(rate=20, poll_s=poll_s), 60
    world.run(warm_up_s=20, seconds=seconds)
    assert 52 <= world.polls / seconds <= 58
    assert part(world.waits, 0.5) <= 0.010


def test_a_slow_engine_rests_as_long_as_it_took_to_answer() -> None:
    pacing = Pacing(now=0.0)
    pacing.asked(0.0)
    pacing.answered(0.015, asked_for=64, got=0)
    assert pacing.due(0.015, free_slots=64) == 0.030


def test_ten_workers_together_ask_as_often_as_one() -> None:
    polls = 0
    for seed in range(10):
        world = World(rate=2, seed=seed)
        world.run(warm_up_s=60, seconds=60)
        polls += world.polls
    assert polls / 60 <= 62


def test_an_idle_worker_asks_twice_a_second() -> None:
    world = World(rate=0)
    world.run(warm_up_s=60, seconds=100)
    assert world.polls <= 201


def test_a_fresh_worker_is_attentive_and_grows_quiet() -> None:
    world = World(rate=0)
    world.run(warm_up_s=0, seconds=60)
    assert 200 < world.polls < 420


def test_nothing_is_asked_without_a_free_slot() -> None:
    assert Pacing(now=0.0).due(0.0, free_slots=0) == inf


def test_a_full_batch_is_followed_the_sooner_the_more_room_there_is() -> None:
    pacing = Pacing(slots=64, now=0.0)
    pacing.asked(1.0)
    pacing.answered(1.0, asked_for=64, got=64)
    due = [pacing.due(1.0, free_slots=free) - 1.0 for free in (0, 1, 6, 7, 31, 32, 64)]
    assert due == pytest.approx([inf, MIN_SPACING_S, MIN_SPACING_S, SHORT_SPACING_S, SHORT_SPACING_S, 0, 0])


def test_a_failure_behind_a_full_batch_is_not_repeated_at_once() -> None:
    pacing = Pacing(slots=64, now=0.0)
    pacing.asked(1.0)
    pacing.answered(1.0, asked_for=64, got=64)
    pacing.asked(1.1)
    pacing.not_answered(again_at=3.0)
    assert {pacing.due(1.1, free_slots=free) for free in (1, 7, 32, 64)} == {3.0}


def test_a_full_batch_is_followed_at_once_when_there_is_room_for_another() -> None:
    pacing = Pacing(slots=64, now=0.0)
    pacing.asked(1.0)
    pacing.answered(1.0, asked_for=16, got=16)
    assert pacing.due(1.0, free_slots=48) == 1.0


def test_single_slots_that_come_free_are_gathered_for_a_moment() -> None:
    pacing = Pacing(slots=64, now=0.0)
    pacing.asked(1.0)
    pacing.answered(1.0, asked_for=64, got=64)
    assert pacing.due(1.0, free_slots=1) == 1.0 + MIN_SPACING_S
    assert pacing.due(1.001, free_slots=32) == 1.001


def test_a_worker_with_one_slot_does_not_wait_for_more() -> None:
    pacing = Pacing(slots=1, now=0.0)
    pacing.asked(1.0)
    pacing.answered(1.0, asked_for=1, got=1)
    assert pacing.due(1.0, free_slots=1) == 1.0


def test_a_report_while_a_question_is_under_way_leads_to_another_question() -> None:
    pacing = Pacing(now=0.0)
    pacing.asked(0.0)
    pacing.reported(0.5, "t")
    pacing.answered(1.0, asked_for=64, got=0)
    assert pacing.due(1.0, free_slots=64) <= 1.0


def test_a_question_that_failed_is_repeated_when_the_caller_says() -> None:
    pacing = Pacing(now=0.0)
    pacing.asked(0.0)
    pacing.not_answered(7.0)
    assert pacing.due(1.0, free_slots=64) == 7.0


def test_a_longer_idle_interval_is_kept() -> None:
    pacing = Pacing(idle_spacing_s=10 * IDLE_SPACING_S, now=0.0)
    for second in range(100):
        pacing.asked(float(second))
        pacing.answered(float(second), asked_for=64, got=0)
    assert pacing.due(99.0, free_slots=64) == 99.0 + 10 * IDLE_SPACING_S
