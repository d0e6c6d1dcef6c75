"""A record's value is read exactly, and whatever cannot be read is a poison record and nothing else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.dev_engine.kafka.dispatch_record import NANOS_A_SECOND, DispatchRecord
from workflow_sdk.client.job_json import MOST_DIGITS
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent, PoisonRecordError, decode

GOLDEN = Path(__file__).parents[4] / "contract" / "golden" / "kafka_records.json"
RECORDS = json.loads(GOLDEN.read_text("utf-8"))["records"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def nanoseconds(rfc3339: str) -> int:
    seconds, fraction = rfc3339.removesuffix("Z").split(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp()
    return int(whole) * NANOS_A_SECOND + int(fraction.ljust(9, "0"))


def a_record(**changes: object) -> DispatchRecord:
    fields: dict[str, object] = {
        "dedup_id": "D1",
        "job_id": "J1",
        "instance_id": "I1",
        "step_execution_id": "S1",
        "job_type": "ship",
        "retries_remaining": 2,
        "payload": b'{"n":1}',
        "created_at_ns": 1_790_000_000_123_456_789,
    }
    return DispatchRecord(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("recorded", RECORDS, ids=lambda record: record["note"])
def test_a_recorded_record_is_decoded_exactly(recorded: dict) -> None:
    decoded = recorded["decoded"]
    assert decode(base64.b64decode(recorded["value"])) == DispatchEvent(
        dedup_id=decoded["dedup_id"],
        job_id=decoded["job_id"],
        instance_id=decoded["instance_id"],
        step_execution_id=decoded["step_execution_id"],
        job_type=decoded["job_type"],
        retries_remaining=decoded.get("retries_remaining", 0),
        variables=decoded["job_payload"],
        created_at_ns=nanoseconds(decoded["created_at"]),
    )


@given(
    job_id=st.text(min_size=1, max_size=100),
    retries_remaining=st.integers(-(2**31), 2**31 - 1),
    variables=st.dictionaries(st.text(), json_values, max_size=4),
    created_at_ns=st.integers(0, 2**62),
)
def test_what_the_engine_writes_is_what_the_worker_reads(
    job_id: str, retries_remaining: int, variables: dict[str, object], created_at_ns: int
) -> None:
    record = a_record(
        job_id=job_id,
        retries_remaining=retries_remaining,
        payload=json.dumps(variables).encode(),
        created_at_ns=created_at_ns,
    )
    event = decode(record.value())
    assert event == DispatchEvent(
        "D1", job_id, "I1", "S1", "ship", retries_remaining, variables, created_at_ns
    )


@given(st.binary())
def test_garbage_is_a_poison_record_and_no_other_error(value: bytes) -> None:
    with pytest.raises(PoisonRecordError):
        decode(value)


@given(st.data())
def test_a_damaged_record_is_read_or_is_a_poison_record(data: st.DataObject) -> None:
    value = bytearray(a_record().value())
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(value)))
    try:
        event = decode(bytes(value[:cut]))
    except PoisonRecordError:
        return
    assert event.job_id


@given(st.binary())
def test_a_payload_that_is_no_json_object_is_a_poison_record(payload: bytes) -> None:
    try:
        event = decode(a_record(payload=payload).value())
    except PoisonRecordError:
        return
    assert isinstance(event.variables, dict)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"[1]", "is a list, not an object"),
        (b'"text"', "is a str, not an object"),
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 200_000, "of job J1 of instance I1 is no JSON that can be read: it is nested more"),
        (b'{"n":%b}' % (b"1" * (MOST_DIGITS + 1)), "is no JSON that can be read: a number of 1000001 digits"),
        (b'{"n":NaN}', "is no JSON that can be read: NaN is no number that an engine holds"),
    ],
    ids=["list", "string", "cut short", "not UTF-8", "too deep", "a number too long", "no number"],
)
def test_the_error_says_what_is_wrong_with_the_payload(payload: bytes, reason: str) -> None:
    with pytest.raises(PoisonRecordError, match=reason):
        decode(a_record(payload=payload).value())


def test_variables_nested_deeper_than_the_interpreters_json_goes_are_read() -> None:
    found = decode(a_record(payload=b'{"a":%b%b}' % (b"[" * 5_000, b"]" * 5_000)).value()).variables["a"]
    for _ in range(4_999):
        (found,) = found
    assert found == []


def test_a_number_of_more_digits_than_the_interpreter_takes_is_read() -> None:
    assert decode(a_record(payload=b'{"n":1%b}' % (b"0" * 5_000)).value()).variables == {"n": 10**5_000}


@pytest.mark.parametrize("name", ["job_id", "instance_id"])
def test_a_name_that_is_too_long_for_a_url_is_a_poison_record(name: str) -> None:
    with pytest.raises(PoisonRecordError, match=f"the event's {name} has 2001 characters"):
        decode(a_record(**{name: "x" * 2_001}).value())


def test_a_job_is_found_whatever_its_payload() -> None:
    event = decode(a_record(payload=b"[" * 200_000).value(), with_variables=False)
    assert (event.job_id, event.instance_id, event.variables) == ("J1", "I1", {})


@pytest.mark.parametrize("payload", [b"", b"null", b"{}"])
def test_no_payload_is_no_variables(payload: bytes) -> None:
    assert decode(a_record(payload=payload).value()).variables == {}


def test_a_record_without_a_value_is_a_poison_record() -> None:
    with pytest.raises(PoisonRecordError, match="no value"):
        decode(None)


@pytest.mark.parametrize("version", [0, 2])
def test_another_schema_version_is_a_poison_record_that_names_both(version: int) -> None:
    after_the_version = a_record().value()[2:]
    with pytest.raises(PoisonRecordError, match=f"schema version {version} is unknown, this worker reads 1"):
        decode((bytes([0x08, version]) if version else b"") + after_the_version)


@pytest.mark.parametrize("field", ["job_id", "dedup_id", "job_type"])
def test_an_event_without_what_identifies_it_is_a_poison_record(field: str) -> None:
    with pytest.raises(PoisonRecordError, match=f"no {field}"):
        decode(a_record(**{field: ""}).value())


def test_unknown_fields_are_ignored() -> None:
    assert decode(a_record().value() + b"\xf8\x3f\x01").job_id == "J1"


def test_a_program_may_define_the_same_message_in_the_default_pool() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="theirs.proto", package="workflow.v1", syntax="proto3")
    file.message_type.add(name="JobDispatchEvent")
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
    assert decode(a_record().value()).job_id == "J1"
