"""The dev engine's records are the real engine's, byte for byte."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rochallor_cli.dev_engine.kafka.dispatch_record import NANOS_A_SECOND, DispatchRecord

GOLDEN = Path(__file__).parents[4] / "contract" / "golden" / "kafka_records.json"
RECORDS = json.loads(GOLDEN.read_text("utf-8"))["records"]


def nanoseconds(rfc3339: str) -> int:
    seconds, fraction = rfc3339.removesuffix("Z").split(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp()
    return int(whole) * NANOS_A_SECOND + int(fraction.ljust(9, "0"))


def recorded_payload(value: bytes) -> bytes:
    """The payload as the engine spelled it: its JSON is not in the decoded form, which holds values."""
    start = value.index(b"\xf2\x01") + 2
    return value[start + 1 : start + 1 + value[start]]


def record_of(recorded: dict) -> DispatchRecord:
    decoded = recorded["decoded"]
    return DispatchRecord(
        dedup_id=decoded["dedup_id"],
        job_id=decoded["job_id"],
        instance_id=decoded["instance_id"],
        step_execution_id=decoded["step_execution_id"],
        job_type=decoded["job_type"],
        retries_remaining=decoded.get("retries_remaining", 0),
        payload=recorded_payload(base64.b64decode(recorded["value"])),
        created_at_ns=nanoseconds(decoded["created_at"]),
    )


@pytest.mark.parametrize("recorded", RECORDS, ids=lambda record: record["note"])
def test_a_record_is_what_the_real_engine_published(recorded: dict) -> None:
    record = record_of(recorded)
    assert record.topic == recorded["topic"]
    assert record.key == recorded["key"].encode()
    assert record.headers == [(name, value.encode()) for name, value in recorded["headers"]]
    assert record.value() == base64.b64decode(recorded["value"])
