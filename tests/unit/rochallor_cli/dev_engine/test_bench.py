"""The author's bench says of every recorded expression what the engine made of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.dev_engine.bench import try_expression
from support.recordings import table_of

NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("version", ["1.0.0", "next"])
def test_a_recorded_expression_is_tried_as_the_engine_had_it(version: str) -> None:
    for row in table_of(version, "expressions"):
        is_value = row["kind"] == "transformation"
        source = row["expression"].strip() if is_value else row["expression"]
        tried = try_expression(source, row["variables"], engine_rules(version), now=NOW)
        outcome = row["outcome"]
        if outcome == {"value": "<time>"} or source == "now()":
            continue
        if "value" in outcome:
            assert (tried.value, tried.trouble) == (outcome["value"], ""), row["expression"]
        elif outcome.get("branch"):
            assert tried.value is True, row["expression"]
        elif "failed" in outcome and is_value:
            assert outcome["failed"].endswith(tried.trouble), row["expression"]
            assert tried.trouble, row["expression"]
