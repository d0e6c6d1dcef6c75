"""Pacing in a hurry and after one: a backlog is taken in batches, and a burst is soon forgotten."""

from __future__ import annotations

from workflow_sdk.runner.polling.pacing import Pacing

SLOTS = 64


def polls_in_silence(pacing: Pacing, *, begin: float, end: float) -> int:
    """How often the engine is asked when every answer is empty."""
    now, polls = begin, 0
    while (now := max(now, pacing.due(now, free_slots=SLOTS))) < end:
        pacing.asked(now)
        polls += 1
        pacing.answered(now, asked_for=SLOTS, got=0)
    return polls


def test_reports_do_not_hurry_the_next_poll_while_the_engine_has_more_than_fits() -> None:
    pacing = Pacing(slots=SLOTS, now=0.0)
    pacing.asked(0.0)
    pacing.answered(0.0, asked_for=SLOTS, got=SLOTS)
    waiting = pacing.due(0.0, free_slots=1)
    pacing.reported(0.0, "a")
    assert pacing.due(0.0, free_slots=1) == waiting > 0.0
    assert pacing.due(0.0, free_slots=SLOTS // 2) == 0.0


def test_a_report_hurries_the_next_poll_when_the_last_one_took_all_there_was() -> None:
    pacing = Pacing(slots=SLOTS, now=0.0)
    pacing.asked(0.0)
    pacing.answered(0.0, asked_for=SLOTS, got=1)
    pacing.reported(0.001, "a")
    assert pacing.due(0.001, free_slots=SLOTS) == 0.001


def test_after_thousands_of_jobs_a_second_an_empty_engine_is_soon_left_in_peace() -> None:
    pacing = Pacing(slots=SLOTS, now=0.0)
    for number in range(500):
        pacing.asked(number / 100)
        pacing.answered(number / 100, asked_for=SLOTS, got=SLOTS)
    assert polls_in_silence(pacing, begin=5.0, end=6.0) < 100
    assert polls_in_silence(pacing, begin=6.0, end=16.0) < 80
    assert polls_in_silence(pacing, begin=60.0, end=70.0) <= 21
