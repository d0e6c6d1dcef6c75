"""An author's bench: expressions and tables evaluated at the command line, as the engine would."""

from __future__ import annotations

from pathlib import Path

from rochallor_cli.documents.json_yaml import dump
from support.command_line import rochallor
from support.workflows import document, rule, service, table


def test_an_expression_shows_its_value_its_type_and_what_was_converted():
    result = rochallor("expr", "#amount > 100 && ok", "--text", "amount=250", "--text", "ok=TRUE")
    assert result.exit_status == 0
    assert result.stdout.splitlines() == [
        "value      true",
        "type       bool",
        "read as    amount > 100 && ok",
        'converted  amount: "250" to 250.0',
        'converted  ok: "TRUE" to true',
    ]


def test_an_expression_speaks_for_the_version_that_is_named():
    newest = rochallor("expr", "zip == '01'", "--text", "zip=01", "-o", "json").json()
    assert (newest["value"], newest["traps"][0]["code"]) == (False, "W203")
    older = rochallor(
        "expr", "zip == '01'", "--text", "zip=01", "-o", "json", "--engine-version", "1.1.0"
    ).json()
    assert (older["value"], older["traps"], older["converted"]) == (True, [], [])
    switched = rochallor("expr", "zip == '01'", "--text", "zip=01", "-o", "json", "--no-coercion").json()
    assert switched["value"] is True


def test_what_cannot_be_evaluated_is_told_in_the_engines_words_and_is_exit_status_three():
    for expression, says in (
        ("missing > 1", 'undefined variable "missing"'),
        ("a >", "unexpected token EOF"),
        ("1 / 0", "+Inf"),
    ):
        result = rochallor("expr", expression, "-o", "json")
        assert result.exit_status == 3
        assert says in result.json()["error"]


def flow(path: Path, *rules: dict, policy: str) -> Path:
    path.write_text(
        dump(document(table("rate", *rules, policy=policy, next_step="work"), service("work"))), "utf-8"
    )
    return path


def test_a_table_shows_which_rules_hold_and_why_the_others_do_not(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("amount > 100", x=1), rule("amount > 10", "vip", x=2), policy="F")
    result = rochallor("defs", "table", file, "rate", "--var", "amount=50", "--var", "vip=true")
    assert result.stdout.splitlines() == ["rule 0  no:  c0: amount > 100", "rule 1  holds", "F sets   x = 2"]
    found = rochallor("defs", "table", file, "rate", "--var", "amount=5", "--var", "vip=true", "-o", "json")
    assert found.exit_status == 3
    assert found.json()["error"] == "DecisionTableNoRuleMatched"
    assert [each["holds"] for each in found.json()["rules"]] == [False, False]


def test_a_cell_that_fails_is_shown_with_its_reason_and_an_unknown_step_with_the_nearest(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("missing > 1", x=1), policy="U")
    result = rochallor("defs", "table", file, "rate")
    assert result.exit_status == 3
    assert 'undefined variable "missing"' in result.stdout
    assert rochallor("defs", "table", file, "rat").exit_status == 6
    assert "did you mean rate?" in rochallor("defs", "table", file, "rat").stderr


def test_the_schema_of_definitions_is_one_json_document():
    schema = rochallor("defs", "schema").json()
    assert "DECISION_TABLE" in schema["properties"]["steps"]["items"]["properties"]["type"]["enum"]
    older = rochallor("defs", "schema", "--engine-version", "0").json()
    assert "DECISION_TABLE" not in older["properties"]["steps"]["items"]["properties"]["type"]["enum"]
