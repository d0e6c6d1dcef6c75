"""One job as the record the engine publishes: topic, key, headers, value, byte for byte as recorded.

The value is written by hand, field by field: protobuf's wire format needs two kinds of fields here, and bytes
that no library made test the worker's decoder honestly.
"""

from __future__ import annotations

from collections.abc import Iterator

from rochallor_cli.dev_engine.quick_values import quick_dataclass

CONTENT_TYPE = "application/x-protobuf; proto=workflow.v1.JobDispatchEvent"
SCHEMA_VERSION = 1
NANOS_A_SECOND = 1_000_000_000

_VARINT, _BYTES = 0, 2


@quick_dataclass(frozen=True, slots=True)
class DispatchRecord:
    """What is published for one job: `payload` is the variables as JSON, `created_at_ns` counts from 1970."""

    dedup_id: str
    job_id: str
    instance_id: str
    step_execution_id: str
    job_type: str
    retries_remaining: int
    payload: bytes
    created_at_ns: int

    @property
    def topic(self) -> str:
        """The topic of the job's type."""
        return topic_of(self.job_type)

    @property
    def key(self) -> bytes:
        """The instance: its records stay in one partition, in order."""
        return self.instance_id.encode()

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The two headers, in the engine's order."""
        return [("content-type", CONTENT_TYPE.encode()), ("dedup-id", self.dedup_id.encode())]

    def value(self) -> bytes:
        """The message in protobuf's wire format."""
        return b"".join(_fields_of(self))


def topic_of(job_type: str) -> str:
    """The topic that carries the jobs of this type."""
    return f"workflow.jobs.{job_type}"


def _fields_of(record: DispatchRecord) -> Iterator[bytes]:
    """Yield the fields in the order of their numbers; a field at its default is left out, as proto3 does."""
    yield _number(1, SCHEMA_VERSION)
    yield _bytes(2, record.dedup_id.encode())
    yield _bytes(10, record.job_id.encode())
    yield _bytes(11, record.instance_id.encode())
    yield _bytes(12, record.step_execution_id.encode())
    yield _bytes(13, record.job_type.encode())
    yield _number(20, record.retries_remaining)
    yield _bytes(30, record.payload)
    seconds, nanos = divmod(record.created_at_ns, NANOS_A_SECOND)
    yield _bytes(40, _number(1, seconds) + _number(2, nanos))


def _number(field: int, value: int) -> bytes:
    return b"" if value == 0 else _varint(field << 3 | _VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return b"" if not value else _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Write seven bits a byte, lowest first; negative numbers are 64 bits wide whatever the field's type."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
