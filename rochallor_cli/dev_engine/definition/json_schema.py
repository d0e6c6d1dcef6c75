"""The JSON Schema of a definition, made from the shapes by which it is read: for editors."""

from __future__ import annotations

from typing import Any, Final

from rochallor_cli.dev_engine.definition.fields import definition_shape, step_shape
from rochallor_cli.dev_engine.definition.model import step_types
from rochallor_cli.dev_engine.definition.validation_schemas import SCHEMA_TYPES
from rochallor_cli.dev_engine.definition.validation_tables import HIT_POLICIES
from rochallor_cli.dev_engine.go_json.decoding import FieldKind, ListOf, MapOf, OrderedTexts, Scalar, Shape
from rochallor_cli.dev_engine.versions import EngineRules

JsonSchema = dict[str, Any]

_TYPES: Final = {str: "string", int: "integer", bool: "boolean"}
_REQUIRED: Final = {
    "WorkflowDefinition": ["id", "name", "steps"],
    "WorkflowStep": ["id", "name", "type"],
    "BoundaryEvent": ["type", "duration", "targetStepId"],
    "DecisionTable": ["rules"],
    "Schema": ["properties"],
    "SchemaProperty": ["type"],
}
_TEXT: Final = {"type": "string", "minLength": 1}
_NEEDS: Final[dict[str, dict[str, JsonSchema]]] = {
    "SERVICE_TASK": {"jobType": _TEXT},
    "DECISION": {"conditionalNextSteps": {"type": "object", "minProperties": 1}},
    "DECISION_TABLE": {
        "decisionTable": {"type": "object", "properties": {"rules": {"minItems": 1}}},
        "hitPolicy": {"enum": ["", *HIT_POLICIES, None]},
        "nextStep": _TEXT,
    },
    "TRANSFORMATION": {"transformations": {"type": "object", "minProperties": 1}, "nextStep": _TEXT},
    "WAIT": {"nextStep": _TEXT},
    "PARALLEL_GATEWAY": {"parallelNextSteps": {"type": "array", "minItems": 2}, "joinStep": _TEXT},
    "JOIN_GATEWAY": {"nextStep": _TEXT},
}
"""By type of step: what its fields have to be."""
_MAY_BE_LEFT_OUT: Final = ("hitPolicy",)


def definition_schema(rules: EngineRules) -> JsonSchema:
    """What an engine of these rules may take; whatever hangs on other steps, such as references, is left to lint."""
    schema = _of_kind(definition_shape(rules))
    schema["properties"]["id"] |= {"pattern": "^[A-Za-z0-9_:\\-]+$", "maxLength": 256}
    schema["properties"]["name"] = _TEXT
    schema["properties"]["steps"] = {"type": "array", "minItems": 1, "items": _step(rules)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow definition",
        **schema,
    }


def _step(rules: EngineRules) -> JsonSchema:
    step = _of_kind(step_shape(rules))
    types = step_types(rules)
    step["properties"] |= {"type": {"enum": list(map(str, types))}, "id": _TEXT, "name": _TEXT}
    step["allOf"] = [
        {
            "if": {"properties": {"type": {"const": type_}}},
            "then": {
                "required": [name for name in needs if name not in _MAY_BE_LEFT_OUT],
                "properties": needs,
            },
        }
        for type_, needs in _NEEDS.items()
        if type_ in types
    ]
    return step


def _of_kind(kind: FieldKind) -> JsonSchema:
    if isinstance(kind, Scalar):
        return {"type": _TYPES[kind.python_type]}
    if isinstance(kind, OrderedTexts):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if isinstance(kind, MapOf):
        return {"type": "object", "additionalProperties": _of_kind(kind.values) if kind.values else True}
    if isinstance(kind, ListOf):
        return {"type": "array", "items": _of_kind(kind.items)}
    return _of_shape(kind)


def _of_shape(shape: Shape) -> JsonSchema:
    required = _REQUIRED.get(shape.name, [])
    # null is as if the field were left out.
    properties: dict[str, JsonSchema] = {
        name: _of_kind(kind) if name in required else {"anyOf": [_of_kind(kind), {"type": "null"}]}
        for name, kind in shape.fields.items()
    }
    if shape.name == "BoundaryEvent":
        properties |= {"type": {"const": "TIMER"}, "duration": _TEXT, "targetStepId": _TEXT}
    if shape.name == "SchemaProperty":
        properties["type"] = {"enum": list(SCHEMA_TYPES)}
    if shape.name == "Schema":
        properties["properties"]["minProperties"] = 1
    found: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found
