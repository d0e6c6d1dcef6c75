"""The JSON Schema of workers.yaml for editors; `python -m rochallor_cli.hosting.config.workers_schema` prints it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rochallor_cli.hosting.config.workers_fields import SECTIONS, Field

SHIPPED = Path(__file__).with_name("workers.schema.json")

# A variable stands where the value it is filled with would stand.
VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"}
DURATION = {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)?\s*)+$"}


def workers_schema() -> dict[str, Any]:
    """The schema, as the table in `fields` gives it."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "workers.yaml of rochallor work",
        **_section_schema(""),
    }


def schema_text() -> str:
    return json.dumps(workers_schema(), indent=2) + "\n"


def _section_schema(section: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _described(field) for field in SECTIONS[section]},
    }


def _described(field: Field) -> dict[str, Any]:
    return {"description": field.meaning, **_value_schema(field)}


def _value_schema(field: Field) -> dict[str, Any]:
    match field.kind:
        case "section" if field.by_name:
            return {"type": "object", "additionalProperties": _section_schema(field.section)}
        case "section":
            return _section_schema(field.section)
        case "sections":
            return {"type": "array", "items": _section_schema(field.section)}
        case "text":
            return {"type": "string"}
        case "texts":
            return {"type": "array", "items": {"type": "string"}}
        case "text map":
            return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        case _:
            return {"anyOf": [*_scalar_schemas(field), VARIABLE]}


def _scalar_schemas(field: Field) -> list[dict[str, Any]]:
    match field.kind:
        case "flag":
            return [{"type": "boolean"}]
        case "choice":
            return [{"enum": list(field.choices)}]
        case "port":
            return [{"type": "integer", "minimum": 0, "maximum": 65535}]
        case "count":
            return [{"type": "integer", **_limits(field)}]
        case "retry delay":
            return [{"type": "number", **_limits(field)}, DURATION, {"const": "backoff"}]
        case _:
            return [{"type": "number", **_limits(field)}, DURATION]


def _limits(field: Field) -> dict[str, float]:
    limits = {"exclusiveMinimum": field.above, "minimum": field.minimum, "maximum": field.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
