"""Commits below what a group has: of a log that starts again, or was cut before its partition came."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.commits import Commits

TOPIC = "workflow.jobs.a"


class NotedConsumer:
    """Notes what is committed: partitions and offsets, or None for whatever is stored; `refuses` is raised once."""

    def __init__(self) -> None:
        self.committed: list[list[tuple[int, int]] | None] = []
        self.refuses: KafkaError | None = None

    def store_offsets(self, *, offsets: list[TopicPartition]) -> None:
        """Whatever is stored is committed without naming it."""

    def commit(self, *, asynchronous: bool, offsets: list[TopicPartition] | None = None) -> None:
        error, self.refuses = self.refuses, None
        if error is not None:
            raise KafkaException(error)
        self.committed.append(
            None if offsets is None else [(place.partition, place.offset) for place in offsets]
        )


def read_to(offset: int) -> Assignment:
    assignment = Assignment(TOPIC, 0)
    assignment.tracker.receive(offset)
    return assignment


@pytest.fixture
def consumer() -> Any:
    return NotedConsumer()


@pytest.mark.parametrize("code", [KafkaError._TRANSPORT, KafkaError._TIMED_OUT])
def test_an_offset_that_could_not_be_taken_back_at_once_is_taken_back_later(consumer: Any, code: int) -> None:
    commits, assignment = Commits(TOPIC, clock=lambda: 0.0), read_to(0)
    consumer.refuses = KafkaError(code)
    commits.rewind(consumer, partition=0, offset=0)
    commits.follow(consumer, [assignment])
    assert consumer.committed == [[(0, 0)]]
    commits.answered(None, [TopicPartition(TOPIC, 0, 0)])
    assignment.tracker.settle(0)
    commits.follow(consumer, [assignment])
    assert consumer.committed == [[(0, 0)], None]


def test_it_is_tried_until_the_broker_has_taken_it(consumer: Any) -> None:
    now = [0.0]
    commits, assignment = Commits(TOPIC, clock=lambda: now[0]), read_to(7)
    commits.lower(0)
    for error in (KafkaError(KafkaError._TIMED_OUT), None, None):
        commits.follow(consumer, [assignment])
        commits.answered(error, [TopicPartition(TOPIC, 0, 7)])
        now[0] += 1.0
    # The last carries what the first left due.
    assert consumer.committed == [[(0, 7)], [(0, 7)], None]


def test_a_commit_that_names_no_offset_of_the_partition_takes_nothing_back(consumer: Any) -> None:
    commits, assignment = Commits(TOPIC, clock=lambda: 0.0), read_to(7)
    commits.lower(0)
    commits.answered(None, [TopicPartition(TOPIC, 0)])
    commits.follow(consumer, [assignment])
    assert consumer.committed == [[(0, 7)]]


def test_an_offset_is_taken_back_before_its_partition_goes_and_then_is_anothers(consumer: Any) -> None:
    commits, assignment = Commits(TOPIC), read_to(7)
    commits.lower(0)
    commits.finish(consumer, [assignment])
    commits.forget([0])
    commits.finish(consumer, [assignment])
    assert consumer.committed == [[(0, 7)], None, None]
