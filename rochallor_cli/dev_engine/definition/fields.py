"""The fields that a definition document may have, by engine version."""

from __future__ import annotations

from functools import cache
from typing import Final

from rochallor_cli.dev_engine.go_json.decoding import (
    TEXT,
    TRUTH,
    WHOLE,
    FieldKind,
    ListOf,
    MapOf,
    OrderedTexts,
    Scalar,
    Shape,
)
from rochallor_cli.dev_engine.versions import EngineRules

_NO_LONGER: Final = "is no longer supported; see the 005→007 migration note in docs/workflow-format.md"
# What decision tables had once, by field: what every engine that has decision tables answers.
OLDER_FORMS: Final = {
    "then": f'step (DECISION_TABLE) rules[]: field "then" {_NO_LONGER}',
    "defaultNextStep": f'step (DECISION_TABLE): field "defaultNextStep" {_NO_LONGER}',
}
_RAW_MAP: Final = MapOf("map[string]json.RawMessage")
_TEXT_MAP: Final = MapOf("map[string]string", TEXT)

EVENT: Final = Shape(
    "definition.BoundaryEvent",
    {"type": TEXT, "duration": TEXT, "interrupting": TRUTH, "targetStepId": TEXT},
    strict=True,
)
RULE: Final = Shape("definition.DecisionTableRule", {"when": _TEXT_MAP, "outputs": _RAW_MAP}, strict=True)
TABLE: Final = Shape(
    "definition.DecisionTable", {"rules": ListOf("[]definition.DecisionTableRule", RULE)}, strict=True
)
_PROPERTY: Final = Shape("definition.SchemaProperty", {"type": TEXT}, strict=True)
SCHEMA: Final = Shape(
    "definition.Schema",
    {
        "properties": MapOf("map[string]definition.SchemaProperty", _PROPERTY),
        "required": ListOf("[]string", TEXT),
    },
    strict=True,
)


@cache
def step_shape(rules: EngineRules) -> Shape:
    """A step as an engine of these rules reads it; its fields in the order in which they are written."""
    fields: dict[str, FieldKind] = {
        "id": TEXT,
        "name": TEXT,
        "type": Scalar(str, "definition.StepType"),
        "description": TEXT,
        "nextStep": TEXT,
        "jobType": TEXT,
        "delegateClass": TEXT,
        "retryCount": WHOLE,
        "conditionalNextSteps": OrderedTexts("conditionalNextSteps") if rules.ordered_branches else _TEXT_MAP,
        "transformations": _RAW_MAP,
        "parallelNextSteps": ListOf("[]string", TEXT),
        "joinStep": TEXT,
        "boundaryEvents": ListOf("[]definition.BoundaryEvent", EVENT),
    }
    if rules.decision_tables:
        fields |= {"decisionTable": TABLE, "hitPolicy": TEXT}
    if rules.schemas:
        fields["outputs_schema"] = SCHEMA
    return Shape("definition.WorkflowStep", fields, strict=True)


@cache
def definition_shape(rules: EngineRules) -> Shape:
    """A definition as an engine of these rules reads it; its fields in the order in which they are written."""
    fields: dict[str, FieldKind] = {
        "id": TEXT,
        "version": WHOLE,
        "name": TEXT,
        "description": TEXT,
        "autoStartNextWorkflow": TRUTH,
        "nextWorkflowId": TEXT,
        "steps": ListOf("[]definition.WorkflowStep", step_shape(rules)),
        "metadata": _RAW_MAP,
    }
    if rules.schemas:
        fields["input_schema"] = SCHEMA
    return Shape("definition.WorkflowDefinition", fields, strict=True)
