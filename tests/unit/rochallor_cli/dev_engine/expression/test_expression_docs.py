"""Every example of docs/expressions.md comes to what is written beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from rochallor_cli.dev_engine import check, engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document, started
from rochallor_cli.dev_engine.expression import ExpressionError, UnrepresentableResult, evaluate
from rochallor_cli.dev_engine.expression.limits import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_SOURCE_LENGTH,
    MAX_STEPS,
    MAX_TEXT_LENGTH,
    MAX_VALUE_SIZE,
    MEMORY_BUDGET,
)
from rochallor_cli.dev_engine.services.decisions import APART_STEPS
from support.workflows import document, user_task

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


def test_the_first_example_is_sound_and_takes_both_its_branches() -> None:
    """Its variables are named in the sentence before it."""
    [example] = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    size, price = yaml.safe_load(example)
    ends = [user_task("approve"), user_task("ship", price["id"])]
    flow = document(size, *ends, {**price, "nextStep": "end"})
    assert check(flow, engine_rules("next")) == []
    for country, step in (("CZ", "approve"), ("SK", "ship")):
        given = {"amount": 1250, "country": country}
        instance = started(definition_from_document(flow, engine_rules("next")), given).world.instance
        assert instance.current_step_ids == (step,)


def test_the_limits_are_those_of_the_code() -> None:
    limits = TEXT.partition("## Limits")[2]
    for limit in (MAX_DEPTH, MAX_SOURCE_LENGTH, MAX_STEPS, APART_STEPS):
        assert f"{limit:,}" in limits
    assert f"{MAX_TEXT_LENGTH // 2**20} MiB of new text, and {MAX_VALUE_SIZE // 2**20} MiB" in limits
    assert f"a tree {MAX_NODES:,} nodes" in " ".join(limits.split())
    assert MEMORY_BUDGET == 1_000_000, "the page says a million"
