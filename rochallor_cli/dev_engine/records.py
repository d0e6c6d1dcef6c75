"""What the engine keeps: the values that the store reads and writes and the state machine thinks in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final, Self

from rochallor_cli.dev_engine.go_json.reading import holds_nul, read_stored
from rochallor_cli.dev_engine.go_json.writing import write_stored
from rochallor_cli.dev_engine.quick_values import quick_dataclass


class InstanceStatus(StrEnum):
    is_live: bool

    def __new__(cls, text: str) -> Self:
        status = str.__new__(cls, text)
        status._value_ = text
        # Known from the start: searches ask several times at each step.
        status.is_live = text in ("ACTIVE", "WAITING")
        return status

    ACTIVE = "ACTIVE"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ExecutionStatus(StrEnum):
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class JobStatus(StrEnum):
    OFFERED = "OFFERED"
    LOCKED = "LOCKED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


# Characters that take some hundredths of a second to read.
LARGE: Final = 200_000


class Variables:
    """An instance's variables: an immutable JSON object, kept as text, as values, or as both.

    Most requests only pass the text on; it is read when somebody looks inside.
    """

    __slots__ = ("_doubles", "_text", "_values")

    def __init__(self, *, text: str | None = None, values: Mapping[str, object] | None = None) -> None:
        self._text = text
        self._values = values
        self._doubles: Mapping[str, object] | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = write_stored(self._values)
        return self._text

    def write(self) -> None:
        """Have the text at hand, so that nobody waits for it later."""
        assert self.text

    @property
    def is_large(self) -> bool:
        """Whether to read or write them takes longer than others may wait."""
        if self._text is not None:
            return len(self._text) > LARGE
        return _weight(self._values, LARGE) > LARGE

    @property
    def values(self) -> Mapping[str, object]:
        if self._values is None:
            values = read_stored(self.text)
            assert isinstance(values, dict)
            self._values = values
        return self._values

    @property
    def doubles(self) -> Mapping[str, object]:
        """The values with every number a float, as expressions see them."""
        if self._doubles is None:
            self._doubles = {name: as_doubles(value) for name, value in self.values.items()}
        return self._doubles

    def merged(self, changes: Mapping[str, object]) -> Variables:
        """These with the changes put over them, key by key at the top level."""
        return Variables(values={**self.values, **changes}) if changes else self

    def holds_nul(self) -> bool:
        if self._text is not None and "\\u0000" not in self._text:
            return False
        return holds_nul(dict(self.values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variables) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Variables({self.text})"


def _weight(value: object, most: int) -> int:
    """About how many characters a JSON value is written with, counted up to `most`."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (dict, list)):
        return 1
    found = len(value)
    for item in value.values() if isinstance(value, dict) else value:
        if found > most:
            break
        found += _weight(item, most - found)
    return found


def as_doubles(value: object) -> object:
    """A JSON value with every number a float."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {key: as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    return value


NO_VARIABLES = Variables(text="{}")


@quick_dataclass(frozen=True, slots=True)
class Instance:
    """One run of a definition, with all the state machine knows of its past.

    entered: how often each step was entered. completed: how many of its executions are COMPLETED.
    """

    id: str
    definition_id: str
    definition_version: int
    status: InstanceStatus
    current_step_ids: tuple[str, ...]
    variables: Variables
    entered: Mapping[str, int] = field(hash=False)
    completed: Mapping[str, int] = field(hash=False)
    started_ns: int
    completed_ns: int | None = None
    failure_reason: str | None = None
    business_key: str | None = None


@quick_dataclass(frozen=True, slots=True)
class StepExecution:
    """One passage through a step; a row of the history."""

    id: str
    instance_id: str
    step_id: str
    step_type: str
    attempt: int
    status: ExecutionStatus
    started_ns: int
    ended_ns: int | None = None
    failure_reason: str | None = None


@quick_dataclass(frozen=True, slots=True)
class JobRecord:
    """Work for a machine. ``variables`` are the instance's as they were when the job was made."""

    id: str
    instance_id: str
    execution_id: str
    step_id: str
    attempt: int
    job_type: str
    status: JobStatus
    retries_remaining: int
    variables: Variables
    created_ns: int
    worker_id: str | None = None
    locked_ns: int | None = None
    lock_expires_ns: int | None = None


@quick_dataclass(frozen=True, slots=True)
class JobInPlace:
    """A job with what it belongs to: the state of its execution, and the instance."""

    job: JobRecord
    step_status: ExecutionStatus
    step_ended_ns: int | None
    instance: Instance


@quick_dataclass(frozen=True, slots=True)
class UserTask:
    """Work for a person, open until somebody completes it."""

    id: str
    instance_id: str
    execution_id: str
    step_id: str
    attempt: int


@quick_dataclass(frozen=True, slots=True)
class Timer:
    """A boundary timer that was started with its step."""

    id: str
    instance_id: str
    execution_id: str
    step_id: str
    attempt: int
    fires_ns: int
    interrupting: bool
    target_step_id: str


@quick_dataclass(frozen=True, slots=True)
class NextWorkflow:
    """A definition to be started after a workflow that has ended, with what it inherits."""

    definition_id: str
    variables: Variables
    business_key: str | None = None


@quick_dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A stored definition; ``document`` is its JSON text as it is given out, without the version."""

    id: str
    version: int
    name: str
    document: str
    uploaded_ns: int
