"""A definition as engines of each version read it: of many instances of one it is read once."""

from __future__ import annotations

from functools import cached_property

from rochallor_cli.definitions.structure import known_part
from rochallor_cli.dev_engine import ENGINE_VERSIONS
from rochallor_cli.dev_engine.explore import (
    Definition,
    EngineRules,
    UnreadableDefinition,
    broken_rules,
    definition_from_document,
    engine_rules,
    without_schemas,
)
from rochallor_cli.engine_client.admin_client import Value


class ParsedDefinition:
    """One document, and what engines make of it."""

    def __init__(self, document: Value) -> None:
        self.document = document
        self._by_rules: dict[EngineRules, Definition | None] = {}

    @cached_property
    def known(self) -> tuple[Value, list[str]]:
        """The document without what no version known here has, and the names of the fields that were left out."""
        return known_part(self.document, engine_rules(ENGINE_VERSIONS[-1]))

    def by(self, rules: EngineRules) -> Definition | None:
        """What is known of it as engines of these rules read it, without schemas; None where they would not take it."""
        if rules not in self._by_rules:
            self._by_rules[rules] = _definition(self.known[0], rules)
        return self._by_rules[rules]


def _definition(document: Value, rules: EngineRules) -> Definition | None:
    try:
        definition = definition_from_document(document, rules)
    except UnreadableDefinition:
        return None
    # What breaks a rule of these engines was uploaded to another one, and the machine would not know what to do.
    return None if broken_rules(definition) else without_schemas(definition)
