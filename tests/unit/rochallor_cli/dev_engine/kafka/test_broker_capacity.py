"""The embedded broker forgets what exceeds its cap; whoever has open jobs there is warned before."""

from __future__ import annotations

import pytest

from rochallor_cli.dev_engine.kafka.capacity import Capacity
from support.kafka_records import record_of

LARGE = {"variables": {"text": "x" * 100_000}}


def publish(capacity: Capacity, count: int, **changes: object) -> None:
    for number in range(count):
        capacity.published(record_of(f"j{number}", "a", **changes), 0)


def test_open_jobs_near_the_cap_are_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    capacity = Capacity(is_open=lambda _: True)
    publish(capacity, 40, **LARGE)
    assert caplog.text == ""
    publish(capacity, 20, **LARGE)
    assert caplog.text.count("nearly full: open jobs of workflow.jobs.a") == 1


def test_many_small_records_reach_the_cap_of_batches(caplog: pytest.LogCaptureFixture) -> None:
    capacity = Capacity(is_open=lambda _: True)
    record = record_of("j", "a", variables={})
    for _ in range(20_000):
        capacity.published(record, 0)
    assert "nearly full" in caplog.text


def test_jobs_that_are_done_need_no_room(caplog: pytest.LogCaptureFixture) -> None:
    capacity = Capacity(is_open=lambda _: False)
    publish(capacity, 200, **LARGE)
    assert caplog.text == ""


def test_partitions_are_counted_apart(caplog: pytest.LogCaptureFixture) -> None:
    capacity = Capacity(is_open=lambda _: True)
    for number in range(80):
        capacity.published(record_of(f"j{number}", "a", **LARGE), number % 2)
    assert caplog.text == ""
