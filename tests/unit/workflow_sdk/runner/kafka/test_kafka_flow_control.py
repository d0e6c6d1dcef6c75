"""The buffer between a consumer and the runner: when a full one is waited for, and when partitions pause."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from support.waiting import wait_until
from workflow_sdk.runner.kafka import flow_control
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.health import ConsumerHealth
from workflow_sdk.runner.kafka.membership import Membership
from workflow_sdk.runner.kafka.rebalances import Rebalances

CAPACITY = 10


class FakeConsumer:
    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def pause(self, places: list[TopicPartition]) -> None:
        self.calls += [("pause", place.partition) for place in places]

    def resume(self, places: list[TopicPartition]) -> None:
        self.calls += [("resume", place.partition) for place in places]

    def incremental_assign(self, places: list[TopicPartition]) -> None:
        """Its partitions may bring records from now on."""

    def seek(self, place: TopicPartition) -> None:
        self.calls.append(("seek", place.offset))


def steered(flow: FlowControl, *assignments: Assignment) -> list[tuple[str, int]]:
    consumer: Any = FakeConsumer()
    flow.steer(consumer, assignments)
    calls: list[tuple[str, int]] = consumer.calls
    return calls


def full_flow() -> FlowControl:
    flow = FlowControl("t", CAPACITY)
    flow.add(CAPACITY)
    return flow


def test_a_full_buffer_is_waited_for_until_a_record_leaves_it() -> None:
    flow = full_flow()
    returned = threading.Event()
    thread = threading.Thread(target=lambda: (flow.await_room(), returned.set()))
    thread.start()
    # A result that comes back wakes the consumer's thread, and is no room.
    flow.wake.set()
    wait_until(lambda: not flow.wake.is_set(), "the wake-up being taken")
    assert not returned.is_set()
    flow.take_out(1)
    thread.join(60)
    assert returned.is_set()
    assert flow.waiting == CAPACITY - 1


def test_a_buffer_that_stays_full_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_control, "FULL_BUFFER_S", 0.01)
    flow = full_flow()
    flow.await_room()
    assert steered(flow, Assignment("t", 0)) == [("pause", 0)]


def test_a_held_flow_pauses_at_once_and_does_not_wait_for_room() -> None:
    flow = full_flow()
    flow.is_open = False
    flow.await_room()
    assert steered(flow, Assignment("t", 0)) == [("pause", 0)]


def test_a_partition_that_comes_while_nothing_may_be_taken_is_paused_before_it_brings_a_record() -> None:
    partitions = Rebalances(
        "t",
        commits=Commits("t"),
        flow=full_flow(),
        health=ConsumerHealth("t", {}),
        serve=lambda: None,
        revoke_wait_s=0.0,
        membership=Membership({}),
    )
    consumer: Any = FakeConsumer()
    partitions.on_assign(consumer, [TopicPartition("t", 0)])
    assert consumer.calls == [("resume", 0), ("pause", 0)]
    assert [assignment.paused for assignment in partitions.current] == [True]


def test_a_paused_partition_goes_on_where_it_was_when_the_buffer_is_half_empty() -> None:
    flow, assignment = full_flow(), Assignment("t", 0)
    for offset in range(CAPACITY):
        assignment.tracker.receive(offset)
    assert steered(flow, assignment) == [("pause", 0)]
    flow.take_out(CAPACITY // 2 - 1)
    assert steered(flow, assignment) == []
    flow.take_out(1)
    assert steered(flow, assignment) == [("resume", 0), ("seek", CAPACITY)]


def test_only_the_partition_with_the_slow_job_is_paused() -> None:
    flow, slow, other = FlowControl("t", 5_000), Assignment("t", 0), Assignment("t", 1)
    for offset in range(1_000):
        slow.tracker.receive(offset)
    assert steered(flow, slow, other) == [("pause", 0)]
    slow.tracker.settle(0)
    assert steered(flow, slow, other) == []
    for offset in range(1, 100):
        slow.tracker.settle(offset)
    assert steered(flow, slow, other) == [("resume", 0), ("seek", 1_000)]


def test_no_more_is_fetched_than_buffer_and_windows_have_room_for() -> None:
    flow, near_its_end = FlowControl("t", CAPACITY), Assignment("t", 0)
    flow.add(3)
    assert flow.fetchable([]) == 7
    for offset in range(996):
        near_its_end.tracker.receive(offset)
    assert flow.fetchable([near_its_end, Assignment("t", 1)]) == 4
