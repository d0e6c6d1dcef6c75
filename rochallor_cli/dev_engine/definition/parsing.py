"""Read a definition document: JSON to the fields that are there, and those to the model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rochallor_cli.dev_engine.definition.branch_order import in_branch_order
from rochallor_cli.dev_engine.definition.fields import (
    EVENT,
    OLDER_FORMS,
    RULE,
    SCHEMA,
    definition_shape,
    step_shape,
)
from rochallor_cli.dev_engine.definition.model import (
    BoundaryEvent,
    DecisionTable,
    Definition,
    Schema,
    Step,
    TableRule,
)
from rochallor_cli.dev_engine.go_json.decoding import BodyError, Shape, decode, decode_value
from rochallor_cli.dev_engine.go_json.reading import read_exact
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.versions import EngineRules, engine_rules

# These are written even when they are empty.
_ALWAYS = {"id", "name", "type", "steps", "decisionTable", "input_schema", "outputs_schema"}
# A number that may lose digits as a double.
_LONG_NUMBER = re.compile(rb"\d{16}")

Fields = Mapping[str, Any]


def fields_from_body(body: bytes, rules: EngineRules) -> Fields:
    """The fields of a document, in the engine's order, without the empty ones. Raises BodyError.

    rules: of the version that reads it; older ones do not know the fields that came later.
    """
    try:
        fields = decode(body, definition_shape(rules))
        if "metadata" in fields and _LONG_NUMBER.search(body):
            fields["metadata"] = _exact_metadata(body)
        return _document(fields, rules)
    except BodyError as error:
        raise _in_words_of(rules, error) from None


def _exact_metadata(body: bytes) -> object:
    """The metadata with every digit: the engine keeps it as it was written, and reads none of it."""
    document = read_exact(body)
    assert isinstance(document, dict), "a body that was decoded is an object"
    return next(value for name, value in reversed(document.items()) if name.lower() == "metadata")


def fields_from_document(document: object, rules: EngineRules) -> Fields:
    """As `fields_from_body`, of a document that is read already. Raises BodyError."""
    try:
        return _document(decode_value(document, definition_shape(rules)), rules)
    except BodyError as error:
        raise _in_words_of(rules, error) from None


def _in_words_of(rules: EngineRules, error: BodyError) -> BodyError:
    """An engine with decision tables has words of its own for the fields that an older form of them had."""
    name = str(error).removeprefix('json: unknown field "').removesuffix('"')
    is_older = rules.decision_tables and str(error) == f'json: unknown field "{name}"' and name in OLDER_FORMS
    return BodyError(OLDER_FORMS[name]) if is_older else error


def comparable(fields: Fields) -> str:
    """One text for all documents that the engine takes for the same."""
    return write(fields)


def document_text(fields: Fields) -> str:
    """The document as it is kept: without the version, in the author's order where that is kept."""
    kept = {name: value for name, value in fields.items() if name != "version"}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def definition_from_text(document: str, rules: EngineRules) -> Definition:
    """The model of a stored document."""
    return definition_from_fields(json.loads(document), rules)


def definition_from_document(document: object, rules: EngineRules | None = None) -> Definition:
    """The model of a document (plain JSON values); no rules: those of the default version. Raises BodyError."""
    rules = rules or engine_rules()
    return definition_from_fields(fields_from_document(document, rules), rules)


def definition_from_fields(fields: Fields, rules: EngineRules) -> Definition:
    return Definition(
        id=fields.get("id", ""),
        name=fields.get("name", ""),
        steps=tuple(_step(step, rules) for step in fields.get("steps") or ()),
        auto_start_next_workflow=fields.get("autoStartNextWorkflow", False),
        next_workflow_id=fields.get("nextWorkflowId", ""),
        input_schema=_schema(fields.get("input_schema")),
        rules=rules,
    )


def _step(fields: Fields, rules: EngineRules) -> Step:
    branches = fields.get("conditionalNextSteps", {})
    return Step(
        id=fields.get("id", ""),
        name=fields.get("name", ""),
        type=fields.get("type", ""),
        next_step=fields.get("nextStep", ""),
        job_type=fields.get("jobType", ""),
        retry_count=fields.get("retryCount", 0),
        conditional_next_steps=in_branch_order(branches) if rules.ordered_branches else branches,
        transformations=fields.get("transformations", {}),
        parallel_next_steps=tuple(fields.get("parallelNextSteps", ())),
        join_step=fields.get("joinStep", ""),
        boundary_events=tuple(_event(event) for event in fields.get("boundaryEvents", ())),
        delegate_class=fields.get("delegateClass", ""),
        decision_table=_table(fields.get("decisionTable")),
        hit_policy=fields.get("hitPolicy", ""),
        outputs_schema=_schema(fields.get("outputs_schema")),
    )


def _table(fields: Fields | None) -> DecisionTable | None:
    if fields is None:
        return None
    rules = fields.get("rules", ())
    return DecisionTable(tuple(TableRule(rule.get("when", {}), rule.get("outputs", {})) for rule in rules))


def _schema(fields: Fields | None) -> Schema | None:
    if fields is None:
        return None
    properties = fields.get("properties", {})
    types = {name: properties[name].get("type", "") for name in sorted(properties)}
    return Schema(types, tuple(fields.get("required", ())))


def _event(fields: Fields) -> BoundaryEvent:
    return BoundaryEvent(
        type=fields.get("type", ""),
        duration=fields.get("duration", ""),
        interrupting=fields.get("interrupting", False),
        target_step_id=fields.get("targetStepId", ""),
    )


def _document(found: Fields, rules: EngineRules) -> Fields:
    fields = dict(_in_order(found, definition_shape(rules)))
    if steps := found.get("steps"):
        fields["steps"] = [_step_document(step, rules) for step in steps]
    if "input_schema" in fields:
        fields["input_schema"] = _in_order(fields["input_schema"], SCHEMA)
    return fields


def _step_document(found: Fields, rules: EngineRules) -> Fields:
    step = dict(_in_order(found, step_shape(rules)))
    if "boundaryEvents" in step:
        events = step["boundaryEvents"]
        step["boundaryEvents"] = [{"interrupting": False, **_in_order(event, EVENT)} for event in events]
    if "decisionTable" in step:
        listed = step["decisionTable"].get("rules", ())
        step["decisionTable"] = {"rules": [_in_order(rule, RULE) for rule in listed]}
    if "outputs_schema" in step:
        step["outputs_schema"] = _in_order(step["outputs_schema"], SCHEMA)
    return step


def _in_order(found: Fields, shape: Shape) -> Fields:
    return {name: found[name] for name in shape.fields if name in _ALWAYS & found.keys() or found.get(name)}
