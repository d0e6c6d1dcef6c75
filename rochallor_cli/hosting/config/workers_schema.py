"""The JSON Schema of workers.yaml for editors; `make reference` writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rochallor_cli.configuration.setting import Setting
from rochallor_cli.hosting.config.sections import SECTIONS

SHIPPED = Path(__file__).with_name("workers.schema.json")

# A variable stands where the value it is filled with would stand.
VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"}
DURATION = {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)?\s*)+$"}


def workers_schema() -> dict[str, Any]:
    """The schema, as the settings give it."""
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
        "properties": {setting.key: _described(setting) for setting in SECTIONS[section]},
    }


def _described(setting: Setting) -> dict[str, Any]:
    return {"description": setting.meaning, **_value_schema(setting)}


def _value_schema(setting: Setting) -> dict[str, Any]:
    match setting.kind:
        case "section" if setting.by_name:
            return {"type": "object", "additionalProperties": _section_schema(setting.section)}
        case "section":
            return _section_schema(setting.section)
        case "sections":
            return {"type": "array", "items": _section_schema(setting.section)}
        case "text" | "path" | "url" | "token" | "brokers":
            return {"type": "string"}
        case "texts":
            return {"type": "array", "items": {"type": "string"}}
        case "text map" | "headers":
            return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        case _:
            return {"anyOf": [*_scalar_schemas(setting), VARIABLE]}


def _scalar_schemas(setting: Setting) -> list[dict[str, Any]]:
    match setting.kind:
        case "flag":
            return [{"type": "boolean"}]
        case "choice":
            return [{"enum": list(setting.choices)}]
        case "port":
            return [{"type": "integer", "minimum": 0, "maximum": 65535}]
        case "count":
            return [{"type": "integer", **_limits(setting)}]
        case "rate":
            return [{"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*/\s*[smh]\s*$"}]
        case "retry delay":
            return [{"type": "number", **_limits(setting)}, DURATION, {"const": "backoff"}]
        case _:
            return [{"type": "number", **_limits(setting)}, DURATION]


def _limits(setting: Setting) -> dict[str, float]:
    limits = {"exclusiveMinimum": setting.above, "minimum": setting.minimum, "maximum": setting.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}
