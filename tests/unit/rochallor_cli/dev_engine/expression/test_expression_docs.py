"""Every example of docs/expressions.md comes to what is written beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.dev_engine.expression import ExpressionError, UnrepresentableResult, evaluate
from rochallor_cli.dev_engine.expression.limits import MAX_DEPTH, MAX_SOURCE_LENGTH, MAX_STEPS
from rochallor_cli.dev_engine.services.decisions import APART_STEPS

DOCS = Path(__file__).resolve().parents[5] / "docs" / "expressions.md"
TEXT = DOCS.read_text("utf-8")
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)
LINE = re.compile(r"(?P<expression>.+?)\s{2,}(?P<kind>=>|fails|rejected) (?P<rest>.+)")


# By the word behind ```expr: with and without conversion of operands, unless it names one.
ENGINES = {"": (False, True), "converted": (True,), "unconverted": (False,)}


def examples() -> Iterator[tuple[str, dict[str, Any], str, str, bool]]:
    for word, block in re.findall(r"^```expr ?(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE):
        first, *lines = block.splitlines()
        variables = json.loads(first.removeprefix("given "))
        for line in lines:
            found = LINE.fullmatch(line)
            assert found, f"no example: {line}"
            for coercion in ENGINES[word]:
                yield found["expression"], variables, found["kind"], found["rest"], coercion


EXAMPLES = list(examples())


@pytest.mark.parametrize(
    ("expression", "variables", "kind", "rest", "coercion"), EXAMPLES, ids=[each[0] for each in EXAMPLES]
)
def test_an_example_comes_to_what_is_written_beside_it(
    expression: str, variables: dict[str, Any], kind: str, rest: str, coercion: bool
) -> None:
    if kind == "=>":
        assert evaluate(expression, variables, now=NOW, coercion=coercion) == json.loads(rest)
        return
    expected = ExpressionError if kind == "fails" else UnrepresentableResult
    with pytest.raises(expected, match=re.escape(rest)):
        evaluate(expression, variables, now=NOW, coercion=coercion)


def test_the_limits_are_those_of_the_code() -> None:
    limits = TEXT.partition("## Limits")[2]
    for limit in (MAX_DEPTH, MAX_SOURCE_LENGTH, MAX_STEPS, APART_STEPS):
        assert f"{limit:,}" in limits
