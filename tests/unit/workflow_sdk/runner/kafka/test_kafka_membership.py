"""Whether a consumer may still take itself for a member of its group, on a clock of the test's."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from confluent_kafka import TopicPartition

from workflow_sdk.runner.job.claim import ClaimRight
from workflow_sdk.runner.kafka.assignment import Assignment
from workflow_sdk.runner.kafka.flow_control import FlowControl
from workflow_sdk.runner.kafka.membership import HEARTBEATS, Membership
from workflow_sdk.runner.kafka.rebalances import Rebalances

CONFIG = {"session.timeout.ms": 10_000, "heartbeat.interval.ms": 1_000}


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def membership(time: Time) -> Membership:
    return Membership(CONFIG, clock=time)


def test_a_consumer_whose_turns_come_is_sure(membership: Membership, time: Time) -> None:
    for _ in range(20):
        time.now += 8.0
        membership.beat()
        assert membership.is_sure


def test_it_is_unsure_before_it_takes_its_first_turn_after_standing_still(
    membership: Membership, time: Time
) -> None:
    """The report of a thread that wakes up first may leave before the consumer has taken note."""
    time.now += 8.4
    assert membership.is_sure
    time.now += 0.2
    assert not membership.is_sure


def test_after_standing_still_it_is_sure_when_heartbeats_have_had_their_time(
    membership: Membership, time: Time
) -> None:
    time.now += 60.0
    assert membership.beat() == pytest.approx(60.0)
    for _ in range(HEARTBEATS):
        assert not membership.is_sure
        time.now += 1.0
        membership.beat()
    assert membership.is_sure


@pytest.mark.parametrize(
    ("session_ms", "heartbeat_ms", "still_sure_s", "unsure_s"),
    [(10_000, 1_000, 8.4, 8.6), (2_000, 1_000, 0.9, 1.1), (45_000, 3_000, 40.4, 40.6)],
)
def test_the_broker_counts_from_a_heartbeat_before_the_turn(
    time: Time, session_ms: int, heartbeat_ms: int, still_sure_s: float, unsure_s: float
) -> None:
    membership = Membership(
        {"session.timeout.ms": session_ms, "heartbeat.interval.ms": heartbeat_ms}, clock=time
    )
    time.now += still_sure_s
    assert membership.is_sure
    time.now += unsure_s - still_sure_s
    assert not membership.is_sure


def test_a_failure_is_held_while_unsure_and_dropped_once_lost(membership: Membership, time: Time) -> None:
    assignment = Assignment("workflow.jobs.a", 0, membership=membership)
    assert assignment.right_to_fail is ClaimRight.HAS
    time.now += 30.0
    assert assignment.right_to_fail is ClaimRight.UNSURE
    membership.beat()
    assert assignment.right_to_fail is ClaimRight.UNSURE
    time.now += HEARTBEATS * 1.0
    membership.beat()
    assert assignment.right_to_fail is ClaimRight.HAS
    assignment.close()
    assert assignment.right_to_fail is ClaimRight.HAS, (
        "a partition that is revoked is ours until it is given up"
    )
    assignment.end()
    assert assignment.right_to_fail is ClaimRight.LOST


def test_while_a_revoked_partition_waits_its_failures_may_be_reported(
    membership: Membership, time: Time
) -> None:
    """The consumer's thread takes no turn then, and is alive all the same."""
    looks = []

    def serve() -> None:
        time.now += 2.0
        looks.append(membership.is_sure)

    rebalances = Rebalances(
        "workflow.jobs.a",
        commits=Mock(),
        flow=FlowControl("workflow.jobs.a", 10),
        health=Mock(),
        serve=serve,
        revoke_wait_s=20.0,
        membership=membership,
        clock=time,
    )
    consumer, places = Mock(), [TopicPartition("workflow.jobs.a", 0)]
    rebalances.on_assign(consumer, places)
    assignment = rebalances.find(0)
    assert assignment is not None
    assert assignment.try_start()
    rebalances.on_revoke(consumer, places)
    assert looks == [True] * 10
