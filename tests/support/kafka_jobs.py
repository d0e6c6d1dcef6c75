"""A handler that counts, and the jobs of type `a` it gets: what tests of a KafkaRunner publish and look at."""

from __future__ import annotations

import threading
from collections import Counter

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.kafka_records import Publisher, committed_offsets, quiet_client, record_of
from support.waiting import wait_until
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import Job

TOPIC, GROUP = "workflow.jobs.a", "workflow.workers.a"


class Handler:
    """Counts its runs by job, and waits for `may_end` where it is told to hold a job."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.held: set[str] = set()
        self.may_end = threading.Event()
        self.running: list[str] = []
        self.overlaps: list[tuple[str, ...]] = []

    def __call__(self, job: Job) -> dict[str, object]:
        self.runs[job.job_id] += 1
        self.running.append(job.job_id)
        self.overlaps.append(tuple(self.running))
        if job.job_id in self.held:
            assert self.may_end.wait(60)
        self.running.remove(job.job_id)
        return {"done": job.job_id}


def registry_of(handler: object, *job_types: str) -> HandlerRegistry:
    """One handler for these job types; for `a` alone if none is named."""
    registry = HandlerRegistry()
    for job_type in job_types or ("a",):
        registry.register(job_type, handler)  # type: ignore[arg-type]
    return registry


def names(count: int) -> list[str]:
    """j0, j1, …"""
    return [f"j{number}" for number in range(count)]


def publish(broker: EmbeddedBroker, *job_ids: str, **changes: object) -> None:
    """Publish a record of each of these jobs."""
    Publisher(broker.address).publish(record_of(job_id, "a", **changes) for job_id in job_ids)


def committed(broker: EmbeddedBroker) -> int:
    """The group's committed offset of the one partition."""
    return committed_offsets(broker.address, GROUP, TOPIC, 1)[0]


def messages_of(broker: EmbeddedBroker, topic: str, count: int) -> list[Message]:
    """The first records of a topic, as soon as so many are there."""
    consumer = Consumer(quiet_client(broker.address, **{"group.id": "reader", "enable.auto.commit": False}))
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    found: list[Message] = []

    def read() -> bool:
        found.extend(consumer.consume(count, 0.1))
        return len(found) >= count

    wait_until(read, f"{count} records in {topic}")
    consumer.close()
    return found
