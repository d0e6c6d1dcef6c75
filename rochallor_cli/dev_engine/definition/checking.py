"""Check a definition document without an engine: the engine's own rules, then what it will regret."""

from __future__ import annotations

from rochallor_cli.dev_engine.definition.parsing import definition_from_fields, fields_from_document
from rochallor_cli.dev_engine.definition.problems import Problem, error
from rochallor_cli.dev_engine.definition.validation import broken_rules
from rochallor_cli.dev_engine.go_json.decoding import BodyError


def check(document: object) -> list[Problem]:
    """Every problem of a document (plain JSON values), the engine's own rules first, in its words."""
    try:
        fields = fields_from_document(document)
    except BodyError as unreadable:
        return [error((), "E100", str(unreadable))]
    return broken_rules(definition_from_fields(fields))
