"""Every recorded expression comes to what was recorded, to the letter.

The first table holds answers of the real engine, the second those of a newer one that converts operands by their
operator. The third holds answers of the expression library that the
engine uses (expr-lang 1.17.8), with the engine's rewriting in front: corners that the first leaves out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    UnrepresentableResult,
    evaluate_condition,
    evaluate_transformation,
)

ROOT = Path(__file__).resolve().parents[5]
ROWS = json.loads((ROOT / "tests/contract/golden/expressions.json").read_text("utf-8"))
CONVERTED_ROWS = json.loads((ROOT / "tests/contract/golden-next/expressions.json").read_text("utf-8"))
FURTHER_ROWS = json.loads((Path(__file__).parent / "further_expressions.json").read_text("utf-8"))
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)


def outcome(row: dict[str, Any], *, coercion: bool = False) -> dict[str, object]:
    source, variables = row["expression"], row["variables"]
    try:
        if row.get("kind") == "decision":
            return {"branch": evaluate_condition(source, variables, now=NOW, coercion=coercion)}
        text = f"${{{source}}}"
        value = evaluate_transformation("result", text, variables, now=NOW, coercion=coercion)
        return {"value": value}
    except ExpressionError as error:
        return {"failed": error.text}
    except UnrepresentableResult as error:
        return {"rejected": f"start: transformation: marshal merged vars: {error.text}"}


def test_the_record_is_whole() -> None:
    assert len(ROWS) == 606
    assert len(CONVERTED_ROWS) == 674


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']}: {row['expression']!r}")
def test_an_expression_comes_to_what_the_engine_made_of_it(row: dict[str, Any]) -> None:
    expected = row["outcome"]
    if expected == {"value": "<time>"}:
        expected = {"value": "2026-05-03T12:30:00Z"}
    assert outcome(row) == expected


@pytest.mark.parametrize("row", CONVERTED_ROWS, ids=lambda row: f"{row['kind']}: {row['expression']!r}")
def test_an_expression_comes_to_what_an_engine_that_converts_operands_made_of_it(row: dict[str, Any]) -> None:
    assert outcome(row, coercion=True) == row["outcome"]


@pytest.mark.parametrize("row", FURTHER_ROWS, ids=lambda row: repr(row["expression"]))
def test_an_expression_comes_to_what_the_library_made_of_it(row: dict[str, Any]) -> None:
    assert outcome(row) == row["outcome"]
