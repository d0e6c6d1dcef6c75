"""What a definition holds that no version known here has: named, so that nobody wonders, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rochallor_cli.definitions.structure import misfits
from rochallor_cli.dev_engine import ENGINE_VERSIONS, HIT_POLICIES, engine_rules, step_types
from rochallor_cli.engine_client.reading import mapping, rows

# What an engine adds to a document that was uploaded.
_ADDED: Final = ("uploadedAt",)
_EVENT_TYPES: Final = ("TIMER",)
_SCHEMA_TYPES: Final = ("string", "number", "integer", "boolean")


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """A field, or a value of those that engines know by name; `known`: the names that there are."""

    kind: str
    name: str
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'


def unknown_in(document: object) -> list[UnknownPart]:
    """Each once: fields first, then step types, hit policies, boundary events and types of schemas."""
    fields = (
        UnknownPart("field", str(each.path[-1]))
        for each in misfits(document, engine_rules(ENGINE_VERSIONS[-1]))
        if each.is_unknown and not (len(each.path) == 1 and each.path[0] in _ADDED)
    )
    return list(dict.fromkeys((*fields, *unknown_values_in(document))))


def unknown_values_in(document: object) -> list[UnknownPart]:
    """Those that a definition cannot be followed without: all but the fields."""
    named = _named(document) if isinstance(document, Mapping) else ()
    unknown = (UnknownPart(kind, name, known) for kind, name, known in named if name and name not in known)
    return list(dict.fromkeys(unknown))


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(kind, name, those known) of every value that engines know by name."""
    types = tuple(step_types(engine_rules(ENGINE_VERSIONS[-1])))
    yield from _schema_types(document.get("input_schema"))
    for step in rows(document.get("steps")):
        yield "step type", _text(step.get("type")), types
        if step.get("type") == "DECISION_TABLE":
            # Steps of other types may have any: it is ignored.
            yield "hit policy", _text(step.get("hitPolicy")), tuple(HIT_POLICIES)
        for event in rows(step.get("boundaryEvents")):
            yield "boundary event", _text(event.get("type")), _EVENT_TYPES
        yield from _schema_types(step.get("outputs_schema"))


def _schema_types(schema: object) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for each in mapping(mapping(schema).get("properties")).values():
        yield "schema type", _text(mapping(each).get("type")), _SCHEMA_TYPES


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
