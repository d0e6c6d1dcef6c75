"""Read a definition document: JSON to the fields that are there, and those to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rochallor_cli.dev_engine.definition.branch_order import (
    check_branches,
    check_branches_of_body,
    in_branch_order,
)
from rochallor_cli.dev_engine.definition.model import BoundaryEvent, Definition, Step
from rochallor_cli.dev_engine.go_json.decoding import (
    TEXT,
    TRUTH,
    WHOLE,
    ListOf,
    MapOf,
    Scalar,
    Shape,
    decode,
    decode_value,
)
from rochallor_cli.dev_engine.go_json.writing import write
from rochallor_cli.dev_engine.versions import EngineRules, engine_rules

_EVENT = Shape(
    "definition.BoundaryEvent",
    {"type": TEXT, "duration": TEXT, "interrupting": TRUTH, "targetStepId": TEXT},
    strict=True,
)
_RAW_MAP = MapOf("map[string]json.RawMessage")
_STEP = Shape(
    "definition.WorkflowStep",
    {
        "id": TEXT,
        "name": TEXT,
        "type": Scalar(str, "definition.StepType"),
        "description": TEXT,
        "nextStep": TEXT,
        "jobType": TEXT,
        "delegateClass": TEXT,
        "retryCount": WHOLE,
        "conditionalNextSteps": MapOf("map[string]string", TEXT),
        "transformations": _RAW_MAP,
        "parallelNextSteps": ListOf("[]string", TEXT),
        "joinStep": TEXT,
        "boundaryEvents": ListOf("[]definition.BoundaryEvent", _EVENT),
    },
    strict=True,
)
_DEFINITION = Shape(
    "definition.WorkflowDefinition",
    {
        "id": TEXT,
        "version": WHOLE,
        "name": TEXT,
        "description": TEXT,
        "autoStartNextWorkflow": TRUTH,
        "nextWorkflowId": TEXT,
        "steps": ListOf("[]definition.WorkflowStep", _STEP),
        "metadata": _RAW_MAP,
    },
    strict=True,
)
# These are written even when they are empty.
_ALWAYS = {"id", "name", "type", "steps"}

Fields = Mapping[str, Any]


def fields_from_body(body: bytes, rules: EngineRules) -> Fields:
    """The fields of a document, in the engine's order, without the empty ones. Raises BodyError.

    rules: of the version that reads it; older ones do not know the fields that came later.
    """
    check_branches_of_body(body, rules)
    return _document(decode(body, _DEFINITION))


def fields_from_document(document: object, rules: EngineRules) -> Fields:
    """As `fields_from_body`, of a document that is read already. Raises BodyError."""
    check_branches(document, rules)
    return _document(decode_value(document, _DEFINITION))


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
    )


def _event(fields: Fields) -> BoundaryEvent:
    return BoundaryEvent(
        type=fields.get("type", ""),
        duration=fields.get("duration", ""),
        interrupting=fields.get("interrupting", False),
        target_step_id=fields.get("targetStepId", ""),
    )


def _document(found: Fields) -> Fields:
    fields = _in_order(found, _DEFINITION)
    steps = found.get("steps") or []
    return {**fields, "steps": [_step_document(step) for step in steps]} if steps else fields


def _step_document(found: Fields) -> Fields:
    step = dict(_in_order(found, _STEP))
    if "boundaryEvents" in step:
        events = step["boundaryEvents"]
        step["boundaryEvents"] = [{"interrupting": False, **_in_order(event, _EVENT)} for event in events]
    return step


def _in_order(found: Fields, shape: Shape) -> Fields:
    return {name: found[name] for name in shape.fields if name in _ALWAYS & found.keys() or found.get(name)}
