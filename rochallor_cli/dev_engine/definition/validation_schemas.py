"""The rules that the engine holds schemas to at an upload, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Schema, Step
from rochallor_cli.dev_engine.definition.problems import Path, Problem, error
from rochallor_cli.dev_engine.go_text import quoted

SCHEMA_TYPES: Final = ("string", "number", "integer", "boolean")


def broken_schema(at: Path, label: str, schema: Schema) -> Iterator[Problem]:
    """What is wrong with a schema; `label` is what the engine calls it."""
    if not schema.properties:
        yield error(
            (*at, "properties"), codes.SCHEMA_WITHOUT_PROPERTIES, f"{label}: properties must not be empty"
        )
    for name, type_ in schema.properties.items():
        if type_ not in SCHEMA_TYPES:
            expected = f"(expected one of: {', '.join(SCHEMA_TYPES)})"
            text = f"{label}: property {quoted(name)} has unsupported type {quoted(type_)} {expected}"
            yield error((*at, "properties", name), codes.SCHEMA_TYPE_UNKNOWN, text)
    for number, name in enumerate(schema.required):
        if name not in schema.properties:
            text = f"{label}: required name {quoted(name)} does not appear in properties"
            yield error((*at, "required", number), codes.REQUIRED_NOT_LISTED, text)


def misplaced_schema(at: Path, step: Step) -> Iterator[Problem]:
    """A schema of outputs where there is no job that could return them."""
    if step.outputs_schema is not None:
        who = f"step {quoted(step.id)} ({step.type})"
        text = f"{who}: outputs_schema is only supported on SERVICE_TASK steps in this version"
        yield error((*at, "outputs_schema"), codes.SCHEMA_WITHOUT_JOB, text)
