"""docs/definitions.md and the JSON Schema: what they show is taken, and every type and field is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rochallor_cli.dev_engine import check, definition_schema, engine_rules
from rochallor_cli.dev_engine.definition.fields import definition_shape, step_shape
from rochallor_cli.dev_engine.definition.model import StepType
from rochallor_cli.dev_engine.explore import definition_from_document, started
from support.recordings import table_of

PAGE = (Path(__file__).resolve().parents[5] / "docs/definitions.md").read_text("utf-8")
NEXT = engine_rules("next")
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml run\n(.*?)```", PAGE, re.DOTALL)]
VARIABLES = {"amount": 2000, "vip": True, "tier": "gold"}
# What only a rule about other steps or about the database refuses.
# The engine takes NAME for name, which no schema can say.
IN_ANOTHER_CASE = "field in other case"
OF_OTHER_RULES = (
    "references unknown",
    "unreachable",
    "no END",
    "duplicate",
    "nextWorkflowId",
    "not valid",
    "only supported",
    "does not appear",
)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
def test_an_example_has_no_problems_and_runs(example: dict[str, Any]) -> None:
    assert check(example, NEXT) == []
    assert complaints(definition_schema(NEXT), example) == []
    assert started(definition_from_document(example, NEXT), VARIABLES).world.instance.failure_reason is None


def test_the_page_names_every_type_and_field() -> None:
    assert [type_ for type_ in StepType if f"{type_}" not in PAGE] == []
    fields = {**definition_shape(NEXT).fields, **step_shape(NEXT).fields}
    assert [name for name in fields if f"`{name}" not in PAGE] == []


@pytest.mark.parametrize("version", ["1.1.0", "next"])
def test_the_schema_takes_what_the_engine_took_and_refuses_what_it_refused_for_its_shape(
    version: str,
) -> None:
    schema = definition_schema(engine_rules(version))
    for row in table_of(version, "validation"):
        answer, body = row["response"], row["request"].get("body")
        if not isinstance(body, dict) or "{{fill" in json.dumps(body):
            continue
        text = json.dumps(body).replace("{{run}}", "r")
        found = complaints(schema, json.loads(text))
        if answer["status"] == 201 and row["name"] != IN_ANOTHER_CASE:
            assert found == [], row["name"]
        if answer["status"] == 400 and not any(part in answer["body"]["reason"] for part in OF_OTHER_RULES):
            assert found, row["name"]


# --- as much of JSON Schema as is used -------------------------------------------------------------------

TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "integer": int, "null": type(None)}


def complaints(schema: Any, value: Any) -> list[str]:
    if schema is True:
        return []
    found = [text for name, test in KEYWORDS.items() if name in schema for text in test(schema, value)]
    for rule in schema.get("allOf", ()):
        if "if" in rule and not complaints(rule["if"], value):
            found += complaints(rule["then"], value)
    return found


def _type(schema: Any, value: Any) -> list[str]:
    fits = type(value) is TYPES[schema["type"]]
    return [] if fits else [f"{value!r} is no {schema['type']}"]


def _properties(schema: Any, value: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    known = schema["properties"]
    inner = [text for name in known.keys() & value.keys() for text in complaints(known[name], value[name])]
    extra = schema.get("additionalProperties", True) is False
    return inner + [f"unknown {name}" for name in value if extra and name not in known]


def _values(schema: Any, value: Any) -> list[str]:
    inner = schema["additionalProperties"]
    if inner is False or not isinstance(value, dict):
        return []
    return [text for item in value.values() for text in complaints(inner, item)]


def _items(schema: Any, value: Any) -> list[str]:
    return [
        text
        for item in (value if isinstance(value, list) else ())
        for text in complaints(schema["items"], item)
    ]


SIZED = {"minItems": list, "minLength": str, "maxLength": str, "minProperties": dict}


def _size(key: str) -> Any:
    def test(schema: Any, value: Any) -> list[str]:
        if not isinstance(value, SIZED[key]):
            return []
        fits = len(value) <= schema[key] if key == "maxLength" else len(value) >= schema[key]
        return [] if fits else [f"{key} of {value!r}"]

    return test


KEYWORDS: dict[str, Any] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _values,
    "items": _items,
    "enum": lambda schema, value: [] if value in schema["enum"] else [f"{value!r} is not in the list"],
    "const": lambda schema, value: [] if value == schema["const"] else [f"{value!r} is another"],
    "pattern": lambda schema, value: (
        [] if re.search(schema["pattern"].replace("$", r"\Z"), str(value)) else [f"{value!r} differs"]
    ),
    "required": lambda schema, value: [
        f"{name} is missing" for name in schema["required"] if isinstance(value, dict) and name not in value
    ],
    "anyOf": lambda schema, value: (
        [] if any(not complaints(each, value) for each in schema["anyOf"]) else [f"{value!r} fits none"]
    ),
    **{key: _size(key) for key in SIZED},
}
