"""Definitions with what no version known here has: the rest is searched, and what comes of it is never certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command_line import rochallor
from support.workflows import document, gateway, join, service, table


def written(folder: Path, value: dict[str, Any]) -> Path:
    path = folder / "flow.json"
    path.write_text(json.dumps(value), "utf-8")
    return path


UNKNOWN_AFTER_JOIN = [
    gateway("s", ["x", "y"]),
    service("x", "x2"),
    service("x2", "meet"),
    service("y", "meet"),
    join("meet", "later"),
]


def test_what_is_not_known_keeps_nothing_else_from_being_searched(tmp_path: Path) -> None:
    later = {"id": "later", "name": "later", "type": "SUBPROCESS", "nextStep": "end", "calls": "other"}
    result = rochallor(
        "defs", "verify", written(tmp_path, document(*UNKNOWN_AFTER_JOIN, later)), "-o", "json"
    )
    [found] = result.json()
    assert (result.exit_status, found["complete"]) == (3, False)
    grades = {each["code"]: each["grade"] for each in found["findings"]}
    # What shows before the step is certain, what comes of it is not.
    assert grades == {"V08": "some-order", "V03": "possible"}
    assert any('step type "SUBPROCESS" does at later' in text for text in found["assumptions"])


@pytest.mark.parametrize(
    "unknown",
    [
        {"id": "a", "name": "a", "type": "SUBPROCESS", "nextStep": "end"},
        {"id": "a", "name": "a", "type": "SUBPROCESS", "goesTo": "end"},
        service("a", boundaryEvents=[{"type": "MESSAGE", "targetStepId": "end"}]),
        table("a", {"outputs": {"x": 1}}, policy="Z#", next_step="end"),
        service("a", outputs_schema={"properties": {"x": {"type": "money"}}}),
    ],
    ids=["a type", "a type that goes on otherwise", "an event", "a policy", "a schema"],
)
def test_alone_it_is_named_and_is_neither_sound_nor_faulty(unknown: dict[str, Any], tmp_path: Path) -> None:
    steps = [unknown] if unknown["type"] != "SUBPROCESS" else [service("first", "a"), unknown]
    result = rochallor("defs", "verify", written(tmp_path, document(*steps)), "--replay")
    assert result.exit_status == (0 if "outputs_schema" in unknown else 13), result.stdout + result.stderr
    assert ("NOT searched" in result.stdout) == (result.exit_status == 13)
