"""Variables held against a schema, in the engine's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from rochallor_cli.dev_engine.definition.model import Definition, Schema
from rochallor_cli.dev_engine.go_text import quoted


def without_schemas(definition: Definition) -> Definition:
    """What starts instances and what jobs return is assumed to fit: nobody knows the values, but their types."""
    steps = tuple(replace(step, outputs_schema=None) for step in definition.steps)
    return replace(definition, input_schema=None, steps=steps)


def schema_violation(schema: Schema | None, variables: Mapping[str, object]) -> str:
    """What a schema has against variables; empty for nothing. Names that it does not list pass."""
    if schema is None:
        return ""
    complaints = [text for name in sorted(schema.properties) for text in _complaints(schema, name, variables)]
    return f"schema violation: {'; '.join(complaints)}" if complaints else ""


def _complaints(schema: Schema, name: str, variables: Mapping[str, object]) -> Iterator[str]:
    is_required = name in schema.required
    if name not in variables:
        if is_required:
            yield f"required field {quoted(name)} missing"
        return
    value, type_ = variables[name], schema.properties[name]
    if value is None and not is_required:
        return
    if not is_of_type(value, type_):
        yield f"field {quoted(name)} expected {type_}, got {_kind(value)}"


def is_of_type(value: object, type_: str) -> bool:
    """Whether a JSON value is of a schema's type. Nothing is converted; 2.0 is an integer."""
    return _TESTS[type_](value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TESTS: Final[Mapping[str, Callable[[object], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),  # type: ignore[call-overload]
    "boolean": lambda value: isinstance(value, bool),
}


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
