"""Records for the tests of Kafka mode, written by the dev engine's side and published by a plain producer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord

FLUSH_TIMEOUT_S, RETRY_S = 30.0, 0.05
COORDINATES_NOT_YET = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
)


def record_of(job_id: str, job_type: str, **changes: object) -> DispatchRecord:
    """A record of one job, valid unless `changes` say otherwise; `variables` may be given as a dict."""
    fields: dict[str, object] = {
        "dedup_id": f"dedup-{job_id}",
        "job_id": job_id,
        "instance_id": f"instance-of-{job_id}",
        "step_execution_id": f"step-of-{job_id}",
        "job_type": job_type,
        "retries_remaining": 3,
        "payload": json.dumps(changes.pop("variables", {"job": job_id})).encode(),
        "created_at_ns": time.time_ns(),
    }
    return DispatchRecord(**(fields | changes))  # type: ignore[arg-type]


def quiet_client(address: str, **more: object) -> dict[str, object]:
    """The configuration of a client that prints nothing when brokers go away."""
    return {"bootstrap.servers": address, "log_level": 0, "error_cb": lambda _: None, **more}


class Publisher:
    """Publishes as the engine's relay does: murmur2 of the key, in order, acknowledged."""

    def __init__(self, address: str) -> None:
        config = {"partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 2}
        self._producer = Producer(quiet_client(address, **config))

    def publish(self, records: Iterable[DispatchRecord]) -> None:
        for record in records:
            self._produce(record.topic, record.value(), record.key)
        self._flush()

    def publish_raw(self, topic: str, value: bytes | None, key: bytes = b"") -> None:
        self._produce(topic, value, key)
        self._flush()

    def _produce(self, topic: str, value: bytes | None, key: bytes) -> None:
        self._producer.produce(topic, value, key)
        self._producer.poll(0)

    def _flush(self) -> None:
        assert self._producer.flush(FLUSH_TIMEOUT_S) == 0


def committed_offsets(address: str, group: str, topic: str, partitions: int) -> list[int]:
    """The group's committed offset of each partition, 0 where there is none."""
    with closing(Consumer(quiet_client(address, **{"group.id": group}))) as consumer:
        return offsets_of(consumer, topic, partitions)


def offsets_of(consumer: Consumer, topic: str, partitions: int) -> list[int]:
    """What the consumer's group has committed of each partition, 0 where there is nothing."""
    asked = [TopicPartition(topic, number) for number in range(partitions)]
    give_up = time.monotonic() + FLUSH_TIMEOUT_S
    while (found := _committed(consumer, asked, last_try=time.monotonic() > give_up)) is None:
        time.sleep(RETRY_S)
    return [max(each.offset, 0) for each in found]


def _committed(
    consumer: Consumer, asked: list[TopicPartition], *, last_try: bool
) -> list[TopicPartition] | None:
    """None: a broker that has just started, or is about to stop, does not coordinate the group for a moment."""
    try:
        return consumer.committed(asked, timeout=FLUSH_TIMEOUT_S)
    except KafkaException as error:
        if error.args[0].code() not in COORDINATES_NOT_YET or last_try:
            raise
        return None
