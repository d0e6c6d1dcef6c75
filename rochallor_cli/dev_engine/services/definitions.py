"""Uploading and reading definitions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rochallor_cli.dev_engine.definition.parsing import (
    Fields,
    comparable,
    definition_from_fields,
    document_text,
    fields_from_body,
)
from rochallor_cli.dev_engine.definition.validation import broken_rules
from rochallor_cli.dev_engine.errors import Refused, bad_request, internal_error, not_found
from rochallor_cli.dev_engine.go_json.decoding import BodyError
from rochallor_cli.dev_engine.go_json.reading import holds_nul
from rochallor_cli.dev_engine.records import DefinitionVersion
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.versions import EngineRules

MAX_INT4 = 2**31 - 1


def upload(resources: Resources, body: bytes) -> DefinitionVersion:
    """Read and store a document. Raises Refused."""
    return store(resources, read(body, resources.rules))


@dataclass(frozen=True)
class ReadDefinition:
    """A document that the engine takes: its fields, its text as it is kept, and what tells it from others."""

    fields: Fields
    text: str
    content: bytes


def read(body: bytes, rules: EngineRules) -> ReadDefinition:
    """The document of a body, checked; takes seconds for large ones, and may be done in any thread. Raises Refused."""
    try:
        fields = fields_from_body(body, rules)
    except BodyError as error:
        raise bad_request(f"parse error: parse: {error}") from None
    problems = broken_rules(definition_from_fields(fields, rules))
    if problems:
        lines = "".join(f"\n  {problem.text}" for problem in problems)
        raise bad_request(f"validation error: validation errors:{lines}")
    if holds_nul(fields):
        raise internal_error("ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)")
    return ReadDefinition(fields, document_text(fields), hashlib.sha256(comparable(fields).encode()).digest())


def store(resources: Resources, document: ReadDefinition) -> DefinitionVersion:
    """Store a document as the next version, or find the version that has its content already."""
    definitions, definition_id = resources.store.definitions, document.fields["id"]
    same = definitions.find_content(definition_id, document.content)
    if same is not None:
        return same
    stored = DefinitionVersion(
        id=definition_id,
        version=definitions.latest_version(definition_id) + 1,
        name=document.fields["name"],
        document=document.text,
        uploaded_ns=resources.clock.now_ns(),
    )
    definitions.add(stored, content=document.content)
    return stored


def get_definition(resources: Resources, definition_id: str, version: int | None = None) -> DefinitionVersion:
    """One version; None: the latest."""
    if version is not None and version > MAX_INT4:
        raise not_found(too_large_version(version))
    definitions = resources.store.definitions
    found = (
        definitions.find_latest(definition_id)
        if version is None
        else definitions.find(definition_id, version)
    )
    if found is None:
        raise not_found("definition not found")
    return found


def too_large_version(version: int) -> str:
    """What the engine's database says of a version beyond its integers."""
    return (
        f"scan definition: failed to encode args[1]: unable to encode {version} into binary format "
        f"for int4 (OID 23): {version} is greater than maximum value for int4"
    )


def list_definitions(
    resources: Resources, keyword: str, *, page: int, page_size: int
) -> tuple[list[DefinitionVersion], int]:
    """One page and the total."""
    if page < 0:
        raise negative_page("")
    return resources.store.definitions.search(keyword, limit=page_size, offset=page * page_size)


def negative_page(prefix: str) -> Refused:
    return internal_error(f"{prefix}ERROR: OFFSET must not be negative (SQLSTATE 2201X)")
