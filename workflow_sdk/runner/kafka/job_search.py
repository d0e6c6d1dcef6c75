"""A job looked up in its topic: no history names job ids, and in Kafka mode the engine sends none a second time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.runner.kafka.config import client_config
from workflow_sdk.runner.kafka.dispatch_event import PoisonRecordError, decode
from workflow_sdk.runner.kafka.partition_reading import SearchError, messages_of

# How long brokers are waited for at all.
BROKERS_S = 5.0


@dataclass(frozen=True, slots=True)
class FoundJob:
    """One record of a job. `created_at_ns` counts from 1970-01-01 UTC; 0 where it is not said."""

    job_id: str
    job_type: str
    instance_id: str
    step_execution_id: str
    retries_remaining: int
    created_at_ns: int
    partition: int
    offset: int


def jobs_of(
    instance_id: str,
    topic: str,
    *,
    brokers: str,
    config: Mapping[str, Any] | None,
    timeout_s: float,
    clock: Clock = boottime,
) -> list[FoundJob]:
    """The records of an instance that the topic still holds, the oldest first. Joins no group, commits nothing.

    The partition of the instance's key is read first; the others only if it has none, since partitions may have
    been added. SearchError: no broker, no such topic, or not read to its end in `timeout_s` seconds.
    """
    deadline = clock() + timeout_s
    consumer = Consumer(
        client_config(config, brokers=brokers)
        | {"group.id": "rochallor-job-search", "enable.auto.commit": False, "enable.partition.eof": False}
    )
    try:
        known = consumer.list_topics(topic, timeout=min(timeout_s, BROKERS_S)).topics[topic]
        if known.error is not None:
            raise SearchError(f"{topic}: {known.error.str()}")
        home = partition_of(instance_id.encode(), len(known.partitions))
        for partitions in ([home], sorted(set(known.partitions) - {home})):
            found = [
                job
                for partition in partitions
                for message in messages_of(consumer, topic, partition, left_s=lambda: deadline - clock())
                for job in _job_in(message, instance_id)
            ]
            if found:
                return sorted(found, key=lambda job: (job.created_at_ns, job.offset))
    except KafkaException as error:
        raise SearchError(f"{topic} on {brokers}: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return []


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Java's clients choose it, and the engine with them."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _job_in(message: Message, instance_id: str) -> Iterator[FoundJob]:
    try:
        event = decode(message.value(), with_variables=False)
    except PoisonRecordError:
        return
    if event.instance_id == instance_id:
        yield FoundJob(
            event.job_id,
            event.job_type,
            event.instance_id,
            event.step_execution_id,
            event.retries_remaining,
            event.created_at_ns,
            message.partition() or 0,
            message.offset() or 0,
        )


def _murmur2(data: bytes) -> int:
    """Kafka's hash of a key, 32 bits without a sign."""
    mix, shift, mask = 0x5BD1E995, 24, 0xFFFFFFFF
    value = (0x9747B28C ^ len(data)) & mask
    for begin in range(0, len(data) - 3, 4):
        word = int.from_bytes(data[begin : begin + 4], "little") * mix & mask
        value = value * mix & mask ^ (word ^ word >> shift) * mix & mask
    rest = data[len(data) & ~3 :]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return value ^ value >> 15
