"""What the engine writes to a `workflow.jobs.<jobType>` topic, turned from bytes into a value.

The message is `workflow.v1.JobDispatchEvent`. Its type is built here, from a descriptor in a pool of its own:
a program may hold the same message name from generated stubs of its own, and the default pool refuses a
second definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from workflow_sdk.client.job_json import unfit_name, value_from_json

SCHEMA_VERSION = 1

_Field = descriptor_pb2.FieldDescriptorProto
_EVENT_FIELDS = (
    ("schema_version", 1, _Field.TYPE_UINT32),
    ("dedup_id", 2, _Field.TYPE_STRING),
    ("job_id", 10, _Field.TYPE_STRING),
    ("instance_id", 11, _Field.TYPE_STRING),
    ("step_execution_id", 12, _Field.TYPE_STRING),
    ("job_type", 13, _Field.TYPE_STRING),
    ("retries_remaining", 20, _Field.TYPE_INT32),
    ("job_payload", 30, _Field.TYPE_BYTES),
    ("created_at", 40, _Field.TYPE_MESSAGE),
)
_TIMESTAMP_FIELDS = (("seconds", 1, _Field.TYPE_INT64), ("nanos", 2, _Field.TYPE_INT32))


class PoisonRecordError(ValueError):
    """A record no worker can ever read; the text says why, in words for a log line."""


@dataclass(frozen=True, slots=True)
class DispatchEvent:
    """One job as the engine dispatched it. `created_at_ns` counts from 1970-01-01 UTC; 0 when not said."""

    dedup_id: str
    job_id: str
    instance_id: str
    step_execution_id: str
    job_type: str
    retries_remaining: int
    variables: dict[str, Any]
    created_at_ns: int

    @property
    def key(self) -> str:
        """What stays the same from attempt to attempt: a job's id is one delivery on the latest engines."""
        return self.step_execution_id or self.job_id


def _describe(message: descriptor_pb2.DescriptorProto, fields: tuple[tuple[str, int, Any], ...]) -> None:
    for name, number, kind in fields:
        field = message.field.add(name=name, number=number, type=kind, label=_Field.LABEL_OPTIONAL)
        if kind == _Field.TYPE_MESSAGE:
            field.type_name = ".workflow.v1.Timestamp"


def _message_type() -> Any:
    """The message class. The time is a message of its own, on the wire equal to the well-known one."""
    file = descriptor_pb2.FileDescriptorProto(
        name="workflow/v1/dispatch.proto", package="workflow.v1", syntax="proto3"
    )
    _describe(file.message_type.add(name="Timestamp"), _TIMESTAMP_FIELDS)
    _describe(file.message_type.add(name="JobDispatchEvent"), _EVENT_FIELDS)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("workflow.v1.JobDispatchEvent"))


_JobDispatchEvent = _message_type()


def decode(value: bytes | None, *, with_variables: bool = True) -> DispatchEvent:
    """Read one record's value; whatever is wrong with it is a PoisonRecordError.

    Without its variables, which may be what is wrong, a job can still be found.
    """
    if value is None:
        raise PoisonRecordError("the record has no value")
    message = _JobDispatchEvent()
    try:
        message.ParseFromString(value)
    except DecodeError as error:
        raise PoisonRecordError("the value is no JobDispatchEvent in protobuf") from error
    _validate(message)
    return DispatchEvent(
        dedup_id=message.dedup_id,
        job_id=message.job_id,
        instance_id=message.instance_id,
        step_execution_id=message.step_execution_id,
        job_type=message.job_type,
        retries_remaining=message.retries_remaining,
        variables=_variables(message) if with_variables else {},
        created_at_ns=message.created_at.seconds * 1_000_000_000 + message.created_at.nanos,
    )


def _validate(message: Any) -> None:
    if message.schema_version != SCHEMA_VERSION:
        raise PoisonRecordError(
            f"schema version {message.schema_version} is unknown, this worker reads {SCHEMA_VERSION}"
        )
    for name in ("dedup_id", "job_id", "job_type"):
        if not getattr(message, name):
            raise PoisonRecordError(f"the event has no {name}")
    for name in ("job_id", "instance_id"):
        if why := unfit_name(getattr(message, name)):
            raise PoisonRecordError(f"the event's {name} {why}")


def _variables(message: Any) -> dict[str, Any]:
    """Read the payload; an absent one and JSON's null are no variables."""
    if not message.job_payload:
        return {}
    whose = f"the payload of job {message.job_id} of instance {message.instance_id}"
    try:
        variables = value_from_json(message.job_payload.decode("utf-8"))
    except ValueError as error:
        raise PoisonRecordError(f"{whose} is no JSON that can be read: {error}") from error
    if variables is None:
        return {}
    if not isinstance(variables, dict):
        raise PoisonRecordError(f"{whose} is a {type(variables).__name__}, not an object")
    return variables
