"""Every recorded document is read and held to the rules as the engine of its version did it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rochallor_cli.dev_engine.definition.parsing import definition_from_fields, fields_from_body
from rochallor_cli.dev_engine.definition.validation import broken_rules
from rochallor_cli.dev_engine.go_json.decoding import BodyError
from rochallor_cli.dev_engine.versions import engine_rules
from support.recordings import table_of

VERSIONS = ("0", "1.1.0", "next")


def cases() -> list[Any]:
    """The rows that the document itself decides, not its headers or the database, on each version they hold for."""
    return [
        pytest.param(version, row, id=f"{version}: {row['name']}")
        for version in VERSIONS
        for row in table_of(version, "validation")
        if {"body", "raw_body"} & row["request"].keys() and row["response"]["status"] in (201, 400)
    ]


def verdict(body: bytes, version: str) -> str:
    """What the engine answers: the reason of its refusal, or nothing."""
    rules = engine_rules(version)
    try:
        fields = fields_from_body(body, rules)
    except BodyError as error:
        return f"parse error: parse: {error}"
    problems = broken_rules(definition_from_fields(fields, rules))
    lines = "".join(f"\n  {problem.text}" for problem in problems)
    return f"validation error: validation errors:{lines}" if problems else ""


def filled(text: str) -> str:
    """A recorded text with its placeholders written out."""
    text = text.replace("{{run}}", "r" * 10)
    return re.sub(r"\{\{fill:(\d+)\}\}", lambda found: "x" * int(found[1]), text)


@pytest.mark.parametrize(("version", "row"), cases())
def test_a_recorded_document_is_accepted_or_refused_in_the_engines_words(
    version: str, row: dict[str, Any]
) -> None:
    request, answer = row["request"], row["response"]
    body = request["raw_body"] if "raw_body" in request else json.dumps(request["body"], ensure_ascii=False)
    expected = "" if answer["status"] == 201 else answer["body"]["reason"]
    assert verdict(filled(body).encode(), version) == filled(expected)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"nonsense": 1, "steps": [{"conditionalNextSteps": [1]}]}', "expected JSON object, got ["),
        ('{"id": 5, "steps": [{"conditionalNextSteps": 1e6}]}', "expected JSON object, got 1e+06"),
        (
            '{"steps": [{"id": 1}, {"conditionalNextSteps": {"a\\"b": true}}]}',
            '["a\\"b"]: json: cannot unmarshal bool',
        ),
        ('{"nonsense": 1, "steps": [{"conditionalNextSteps": null}]}', 'json: unknown field "nonsense"'),
    ],
)
def test_branches_of_another_shape_are_named_before_anything_else(body: str, says: str) -> None:
    assert says in verdict(body.encode(), "1.1.0")


def test_an_older_engine_does_not_know_what_came_later() -> None:
    table = '{"id": "f", "name": "F", "steps": [{"id": "t", "name": "T", "type": "DECISION_TABLE"%s}]}'
    assert verdict((table % ', "decisionTable": {}').encode(), "0").endswith('unknown field "decisionTable"')
    assert 'step "t": unsupported type "DECISION_TABLE"' in verdict((table % "").encode(), "0")
    assert verdict(b'{"input_schema": {}}', "1.1.0").endswith('unknown field "input_schema"')
    assert verdict(b'{"steps": [{"then": 1}]}', "0").endswith('json: unknown field "then"')
