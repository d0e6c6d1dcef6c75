"""What an upgrade changes, judged by what both engines were recorded to do with the same expressions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rochallor_cli.dev_engine import check, engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document
from rochallor_cli.dev_engine.sample_values import assignments
from rochallor_cli.dev_engine.upgrade import BETTER, FAILS, SILENT, step_differences
from support.workflows import decision, document, transform

RECORDINGS = Path(__file__).resolve().parents[3] / "contract"
BEFORE, AFTER = engine_rules("1.1.0"), engine_rules("next")


def recorded(folder: str) -> dict[str, dict[str, Any]]:
    rows = json.loads((RECORDINGS / folder / "expressions.json").read_text("utf-8"))
    return {
        json.dumps([row["kind"], row["expression"], row["variables"]], sort_keys=True): row for row in rows
    }


def is_failure(row: dict[str, Any]) -> bool:
    """A condition that does not hold leaves a decision with one branch without a way on."""
    outcome = row["outcome"]
    return "failed" in outcome or "error" in outcome or outcome.get("branch") is False


def found_for(row: dict[str, Any]) -> set[str]:
    if row["kind"] == "decision":
        value = document(decision("step", {row["expression"]: "end"}))
    else:
        value = document(transform("step", {"result": f"${{{row['expression']}}}"}))
    if any(problem.severity == "error" for problem in check(value, AFTER)):
        return {BETTER, FAILS, SILENT}
    old, new = (definition_from_document(value, rules) for rules in (BEFORE, AFTER))
    return {each.kind for each in step_differences(old, new)}


def test_nothing_that_was_recorded_to_come_out_otherwise_is_missed() -> None:
    before, after = recorded("golden"), recorded("golden-next")
    missed = []
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if old["outcome"] == new["outcome"] or (is_failure(old) and is_failure(new)):
            continue
        expected = FAILS if is_failure(new) else BETTER if is_failure(old) else SILENT
        if expected not in found_for(new):
            missed.append((expected, new["expression"], new["variables"]))
    assert missed == []


def test_values_come_from_the_constants_of_an_expression_the_likeliest_first() -> None:
    first = next(assignments(["order.amount > 100 && tier == 'gold'"]))
    assert first == {"order": {"amount": 100}, "tier": "gold"}
    assert next(assignments(["open && !closed"])) == {"open": True, "closed": True}
    texts = [values["n"] for values in assignments(["n > 5"], {"n": "string"})]
    assert texts
    assert all(isinstance(value, str) for value in texts)


def kinds_of(conditions: dict[str, str]) -> set[str]:
    value = document(decision("step", conditions))
    old, new = (definition_from_document(value, rules) for rules in (BEFORE, AFTER))
    return {each.kind for each in step_differences(old, new)}


def test_a_text_that_only_joining_makes_is_among_the_values() -> None:
    """No constant of the condition is the one text for which it held."""
    assert FAILS in kinds_of({'s + "x" == "goldx"': "end"})
    assert FAILS in kinds_of({'"x" + s == "xgold"': "end"})


def test_a_number_that_only_reckoning_makes_is_among_the_values() -> None:
    assert BETTER in kinds_of({"a * 2 == 12": "end"})


def test_several_variables_take_values_that_only_together_show_a_difference() -> None:
    assert FAILS in kinds_of({"a + s > 5": "end", 's == "01"': "end", 'string(a) == "5"': "end"})
    assert SILENT in kinds_of({"!b && s == a": "end", "!(!b && s == a)": "step"})
