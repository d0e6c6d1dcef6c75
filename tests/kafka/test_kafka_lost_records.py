"""Records that Kafka removed before they were read: said, counted, and shown by the doctor."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, TopicPartition

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from rochallor_cli.hosting.checks.broker_checks import TopicState, topic_states
from support.kafka_jobs import TOPIC, Handler, committed, publish, registry_of
from support.kafka_records import quiet_client
from support.kafka_workers import running_worker
from support.reporting_engine import ReportingEngine
from support.waiting import wait_until

# The embedded broker keeps 5 MiB of a partition.
LARGE, COUNT = "x" * 900_000, 9


def first_kept(broker: EmbeddedBroker) -> int:
    consumer = Consumer(quiet_client(broker.address, **{"group.id": "looks"}))
    low, _ = consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=10)
    consumer.close()
    return int(low)


def state(broker: EmbeddedBroker) -> TopicState:
    (found,) = topic_states(broker.address, {}, ["a"])
    return found


def test_what_was_removed_unread_is_said_counted_and_shown(
    broker: EmbeddedBroker, engine: ReportingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    publish(broker, "j0")
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: committed(broker) == 1, "the first commit")
    assert (state(broker).lost, state(broker).waiting) == (0, 0)
    for number in range(COUNT):
        publish(broker, f"k{number}", variables={"large": LARGE})
    wait_until(lambda: first_kept(broker) > 1, "the end of the first records")
    lost = first_kept(broker) - 1
    assert (state(broker).lost, state(broker).waiting) == (lost, COUNT - lost)
    assert "removed by Kafka before the group had read them" in state(broker).in_words()
    with running_worker(broker.address, engine.url, registry_of(handler)) as worker:
        value = worker.metrics.registry.get_sample_value
        wait_until(lambda: committed(broker) == 1 + COUNT, "the commit of the rest", timeout_s=60)
        wait_until(
            lambda: value("workflow_sdk_kafka_lost_records_total", {"topic": TOPIC}) == lost, "the count"
        )
    assert f"the records of offsets 1 to {lost} were removed before they were read" in caplog.text
    assert state(broker).lost == 0


def test_what_is_removed_of_a_partition_before_its_first_record_is_read_is_said(
    broker: EmbeddedBroker, engine: ReportingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    publish(broker, "j0")
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: committed(broker) == 1, "the first commit")
    engine.away = True
    with running_worker(broker.address, engine.url, registry_of(handler)) as worker:
        value = worker.metrics.registry.get_sample_value
        wait_until(
            lambda: value("workflow_sdk_kafka_paused", {"topic": TOPIC, "partition": "0"}) == 1, "the pause"
        )
        for number in range(COUNT):
            publish(broker, f"k{number}", variables={"large": LARGE})
        wait_until(lambda: first_kept(broker) > 1, "the end of the first records")
        lost = first_kept(broker) - 1
        engine.away = False
        wait_until(lambda: committed(broker) == 1 + COUNT, "the commit of the rest", timeout_s=60)
        wait_until(
            lambda: value("workflow_sdk_kafka_lost_records_total", {"topic": TOPIC}) == lost, "the count"
        )
    assert f"the records of offsets 1 to {lost} were removed before they were read" in caplog.text
    assert sum(handler.runs.values()) == 1 + COUNT - lost


def test_a_group_that_never_committed_has_lost_nothing(broker: EmbeddedBroker) -> None:
    for number in range(COUNT):
        publish(broker, f"k{number}", variables={"large": LARGE})
    wait_until(lambda: first_kept(broker) > 0, "the end of the first records")
    assert state(broker).lost == 0
    assert committed(broker) == 0


def test_a_group_that_had_come_further_than_the_log_goes_is_taken_back(
    broker: EmbeddedBroker, engine: ReportingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """A topic that was made anew while no worker ran, and its group's offsets stayed."""
    settings = quiet_client(broker.address, **{"group.id": "workflow.workers.a", "enable.auto.commit": False})
    consumer = Consumer(settings)
    consumer.commit(offsets=[TopicPartition(TOPIC, 0, 50)], asynchronous=False)
    consumer.close()
    handler = Handler()
    publish(broker, "j0", "j1")
    with running_worker(broker.address, engine.url, registry_of(handler)):
        wait_until(lambda: committed(broker) == 2, "the commit below the former log's")
        publish(broker, "j2")
        wait_until(lambda: committed(broker) == 3, "the commit of what came later")
    assert (
        "partition 0 starts again at offset 0: its group had come to 50 of a log that is gone" in caplog.text
    )
    assert sum(handler.runs.values()) == 3
