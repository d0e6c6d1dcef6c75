"""What is looked for in a partition that came, with a reader and a clock of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from support.kafka_records import record_of
from workflow_sdk.runner.kafka import takeover as kafka_takeover
from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.dispatch_event import decode
from workflow_sdk.runner.kafka.takeover import Takeover

TOPIC = "workflow.jobs.a"


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Reader:
    """Of a partition with attempts of one job, by the retries they have left; `takes` is called when it reads."""

    def __init__(self, *retries: int, takes: Callable[[], None] = lambda: None) -> None:
        self.values = [record_of("j1", "a", retries_remaining=left).value() for left in retries]
        self._takes = takes
        self._position = 0

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        return 0, len(self.values)

    def assign(self, places: list[TopicPartition]) -> None:
        self._position = places[0].offset

    def consume(self, most: int, timeout_s: float) -> list[Any]:
        self._takes()
        begin, self._position = self._position, len(self.values)
        return [
            Mock(error=Mock(return_value=None), offset=lambda at=at: at, value=lambda at=at: self.values[at])
            for at in range(begin, self._position)
        ]

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition(TOPIC, 0, self._position)]

    def close(self) -> None:
        pass


def search(takeover: Takeover, assignment: Assignment, *, by: float) -> None:
    """Until it is at its end."""
    asyncio.run(asyncio.wait_for(_search(takeover, assignment, by=by), 10.0))


async def _search(takeover: Takeover, assignment: Assignment, *, by: float) -> None:
    assert not takeover.is_searched(assignment, by=by)
    task = takeover._searches[assignment].task
    assert task is not None
    await task
    assert takeover.is_searched(assignment, by=by)


def test_an_attempt_is_overtaken_by_any_later_one() -> None:
    reader, found = Reader(3, 2, 1), Mock()
    takeover = Takeover(Mock(return_value=reader), found=found, clock=Time())
    assignment = Assignment(TOPIC, 0)
    search(takeover, assignment, by=100.0)
    records = [
        KafkaRecord(assignment, offset, decode(value), Mock()) for offset, value in enumerate(reader.values)
    ]
    assert [takeover.is_overtaken(record) for record in records] == [True, True, False]
    found.assert_called_once_with("step-of-j1", 1)


def test_what_is_published_while_it_is_read_is_not_known() -> None:
    time = Time()

    def takes() -> None:
        time.now += 5.0

    takeover = Takeover(Mock(return_value=Reader(3, takes=takes)), found=Mock(), clock=time)
    assignment = Assignment(TOPIC, 0)
    search(takeover, assignment, by=100.0)
    search(takeover, assignment, by=103.0)


def test_a_partition_that_cannot_be_read_is_waited_for_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kafka_takeover, "AGAIN_S", 0.0)
    time, tries = Time(), []

    def new_reader(topic: str) -> Any:
        tries.append(time.now)
        time.now += 10.0
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    takeover = Takeover(new_reader, found=Mock(), clock=time)
    assignment = Assignment(TOPIC, 0)
    search(takeover, assignment, by=100.0)
    assert tries == [100.0, 110.0, 120.0, 130.0, 140.0, 150.0]
    assert "could not be read to its end in 60 s" in caplog.text
    assert takeover.is_searched(assignment, by=1_000.0), "it is not waited for once more"
