"""Kafka mode with buffers and windows of a few records, so that a world's few jobs meet all of its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from workflow_sdk.runner.kafka import assignment, flow_control
from workflow_sdk.runner.kafka.offsets import OffsetTracker
from workflow_sdk.runner.kafka_runner import KafkaRunner

# How far a partition's records go past its watermark; how many records of a topic wait for slots.
WINDOW, CAPACITY = 4, 3
RESUME_ROOM = 2


@contextmanager
def little_room() -> Iterator[None]:
    with (
        patch.object(assignment, "OffsetTracker", partial(OffsetTracker, window=WINDOW)),
        patch.object(assignment, "WINDOW", WINDOW),
        patch.object(flow_control, "RESUME_ROOM", RESUME_ROOM),
        patch.object(KafkaRunner, "_capacity", lambda self: CAPACITY),
    ):
        yield
