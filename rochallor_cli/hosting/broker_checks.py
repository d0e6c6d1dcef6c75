"""Asking Kafka brokers whether they are there, which topics of some job types they have, and how their groups stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

TIMEOUT_S = 5.0
TOPIC_PREFIX, GROUP_PREFIX = "workflow.jobs.", "workflow.workers."


class BrokersAwayError(Exception):
    """The brokers cannot be asked; the text says why."""


@dataclass(frozen=True)
class TopicState:
    """One job type's topic. `partitions` is 0 where there is none; `waiting` counts records not committed.

    `members` are the workers in its group; None where the broker does not tell.
    """

    topic: str
    partitions: int = 0
    waiting: int = 0
    members: int | None = None

    @property
    def is_missing(self) -> bool:
        return self.partitions == 0

    def in_words(self) -> str:
        """`6 partitions, 120 records waiting, 2 workers`."""
        parts = [_count(self.partitions, "partition"), f"{_count(self.waiting, 'record')} waiting"]
        if self.members is not None:
            parts.append(_count(self.members, "worker"))
        return ", ".join(parts)

    def how_to_create(self, brokers: str) -> str:
        return f"kafka-topics.sh --bootstrap-server {brokers} --create --topic {self.topic}"


def topic_states(brokers: str, config: Mapping[str, str], job_types: Iterable[str]) -> list[TopicState]:
    """The state of each job type's topic; BrokersAwayError when nobody answers."""
    settings: dict[str, Any] = {**config, "bootstrap.servers": brokers, "log_level": 0}
    try:
        admin = AdminClient(settings, logger=None)
        there = admin.list_topics(timeout=TIMEOUT_S).topics
        return [_state(admin, settings, job_type, _partitions(there, job_type)) for job_type in job_types]
    except (KafkaException, ValueError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else error
        raise BrokersAwayError(str(reason)) from error


def _partitions(there: Mapping[str, Any], job_type: str) -> list[int]:
    found = there.get(f"{TOPIC_PREFIX}{job_type}")
    return sorted(found.partitions) if found is not None and found.error is None else []


def _state(admin: AdminClient, settings: dict[str, Any], job_type: str, partitions: list[int]) -> TopicState:
    topic, group = f"{TOPIC_PREFIX}{job_type}", f"{GROUP_PREFIX}{job_type}"
    if not partitions:
        return TopicState(topic)
    return TopicState(
        topic, len(partitions), _waiting(settings, group, topic, partitions), _members(admin, group)
    )


def _waiting(settings: dict[str, Any], group: str, topic: str, partitions: list[int]) -> int:
    """Count the records above the group's offsets, without joining it."""
    consumer = Consumer({**settings, "group.id": group, "enable.auto.commit": False})
    try:
        places = [TopicPartition(topic, number) for number in partitions]
        committed = consumer.committed(places, timeout=TIMEOUT_S)
        return sum(_above(consumer, place) for place in committed)
    finally:
        consumer.close()


def _above(consumer: Consumer, place: TopicPartition) -> int:
    low, high = consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
    return max(high - max(place.offset, low), 0)


def _members(admin: AdminClient, group: str) -> int | None:
    try:
        described = admin.describe_consumer_groups([group], request_timeout=TIMEOUT_S)[group].result()
    except (KafkaException, ValueError):
        return None
    return len(described.members)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
