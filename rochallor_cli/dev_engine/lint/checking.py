"""Check a definition document without an engine: the engine's own rules, then what it will regret."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.definition.parsing import definition_from_fields, fields_from_document
from rochallor_cli.dev_engine.definition.problems import Path, Problem, error, warning
from rochallor_cli.dev_engine.definition.validation import broken_rules
from rochallor_cli.dev_engine.go_json.decoding import BodyError
from rochallor_cli.dev_engine.lint.branches import branch_warnings
from rochallor_cli.dev_engine.lint.expressions import expression_warnings
from rochallor_cli.dev_engine.lint.flow import flow_warnings
from rochallor_cli.dev_engine.lint.gaps import gap_warnings
from rochallor_cli.dev_engine.lint.gateways import gateway_warnings
from rochallor_cli.dev_engine.lint.schemas import schema_warnings
from rochallor_cli.dev_engine.lint.tables import table_warnings
from rochallor_cli.dev_engine.lint.timers import timer_warnings
from rochallor_cli.dev_engine.versions import EngineRules


def check_document(
    document: object,
    *,
    rules: EngineRules,
    known_ids: Collection[str] | None = None,
    variables: Mapping[str, object] | None = None,
    only_refusals: bool = False,
) -> list[Problem]:
    """The door's `check`."""
    try:
        fields = fields_from_document(document, rules)
    except BodyError as unreadable:
        return [error((), codes.WRONG_SHAPE, str(unreadable))]
    definition = definition_from_fields(fields, rules)
    if only_refusals:
        return list(broken_rules(definition))
    written = {
        index: list(step.get("conditionalNextSteps", ()))
        for index, step in enumerate(fields.get("steps", ()))
    }
    warnings = [
        *_nul_characters(document, ()),
        *_document_warnings(definition, has_version="version" in fields, known_ids=known_ids),
        *flow_warnings(definition),
        *gateway_warnings(definition),
        *timer_warnings(definition),
        *expression_warnings(definition),
        *branch_warnings(definition, written),
        *table_warnings(definition),
        *gap_warnings(definition),
        *schema_warnings(definition, variables),
    ]
    applying = (problem for problem in warnings if codes.CODES[problem.code].holds_for(rules))
    return [*broken_rules(definition), *applying]


def _document_warnings(
    definition: Definition, *, has_version: bool, known_ids: Collection[str] | None
) -> Iterator[Problem]:
    if has_version:
        text = "the engine numbers versions itself; with this field the same content becomes another version"
        yield warning(("version",), codes.VERSION_IN_DOCUMENT, text)
    next_id = definition.next_workflow_id
    if next_id and not definition.auto_start_next_workflow:
        text = f'the next workflow "{next_id}" is never started: autoStartNextWorkflow is not true'
        yield warning(("nextWorkflowId",), codes.NEXT_WORKFLOW_IGNORED, text)
    is_missing = known_ids is not None and next_id not in known_ids and next_id != definition.id
    if definition.auto_start_next_workflow and next_id and is_missing:
        text = f'the next workflow "{next_id}" is not among these definitions: without it nothing is started, silently'
        yield warning(("nextWorkflowId",), codes.NEXT_WORKFLOW_MISSING, text)


def _nul_characters(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, str) and "\0" in value:
        text = "a NUL character, which the engine cannot store: the upload is answered with 500"
        yield warning(path, codes.NUL_CHARACTER, text)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _nul_characters(key, (*path, key))
            yield from _nul_characters(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nul_characters(inner, (*path, index))
