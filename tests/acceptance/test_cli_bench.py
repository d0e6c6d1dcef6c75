"""An author's bench: expressions and tables evaluated at the command line, as the engine would."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import yaml

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
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


def test_an_expression_that_is_none_as_a_value_is_told_apart():
    both = rochallor("expr", "${a} + ${b}", "--var", "a=1", "--var", "b=2", "-o", "json").json()
    assert both["value"] == 3
    assert [(each["code"], "as a value it fails" in each["text"]) for each in both["traps"]] == [
        ("W201", True)
    ]
    whole = rochallor("expr", "${a + b}", "--var", "a=1", "--var", "b=2", "-o", "json").json()
    assert (whole["value"], whole["traps"]) == (3, [])


def test_the_time_is_shown_as_a_value_of_a_definition_gets_it():
    tried = rochallor("expr", "${now()}", "-o", "json").json()
    assert (tried["type"], len(tried["value"])) == ("string", len("2026-05-03T12:30:00Z"))
    assert rochallor("expr", "now()", "-o", "json").json()["type"] == "time.Time"


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


def test_a_table_that_fails_in_some_orders_only_says_so(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("amount > 100", "tier == 'gold'", x=1), rule("", x=2), policy="F")
    result = rochallor("defs", "table", file, "rate", "--var", "amount=5")
    assert result.exit_status == 3
    assert "F sets   x = 2" in result.stdout
    assert (
        "or fails, for the cells of a rule have no order  DecisionTableCellError: ruleIndex=0"
        in result.stdout
    )
    # A rule behind the first that holds is not looked at.
    file = flow(tmp_path / "f.yaml", rule("", x=2), rule("amount > 100", "tier == 'gold'", x=1), policy="F")
    assert rochallor("defs", "table", file, "rate", "--var", "amount=5").exit_status == 0


def test_what_no_version_has_elsewhere_in_a_file_keeps_no_table_from_being_evaluated(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("a > 1", x=1), policy="F")
    text = file.read_text("utf-8")
    file.write_text(f"future: {{a: 1}}\n{text}", "utf-8")
    assert (
        rochallor("defs", "table", file, "rate", "--var", "a=2").stdout.splitlines()[-1] == "F sets   x = 1"
    )
    file.write_text(text.replace("hitPolicy: F", "hitPolicy: Z9"), "utf-8")
    unknown = rochallor("defs", "table", file, "rate", "--var", "a=2")
    assert (unknown.exit_status, 'hit policy "Z9"' in unknown.stderr) == (13, True)
    too_old = rochallor("defs", "table", file, "rate", "--engine-version", "0")
    assert (too_old.exit_status, 'unknown field "' in too_old.stderr) == (3, True)


def test_on_a_terminal_a_table_is_boxed_and_one_too_wide_is_aligned_text(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("amount > 100", rate=1), policy="F")
    boxed = rochallor("defs", "graph", file, terminal=True, columns=80).stdout
    assert "│ amount > 100 │" in boxed
    assert "→ rate" in boxed
    wide = rochallor("defs", "graph", file, terminal=True, columns=24).stdout
    assert "F | c0           || rate" in wide


def test_the_schema_of_definitions_is_one_json_document():
    schema = rochallor("defs", "schema").json()
    assert "DECISION_TABLE" in schema["properties"]["steps"]["items"]["properties"]["type"]["enum"]
    older = rochallor("defs", "schema", "--engine-version", "0").json()
    assert "DECISION_TABLE" not in older["properties"]["steps"]["items"]["properties"]["type"]["enum"]


def test_a_table_goes_to_a_spreadsheet_and_back(tmp_path: Path):
    file = flow(tmp_path / "f.yaml", rule("amount > 100", x=1), rule("", x="01"), policy="F")
    exported = rochallor("defs", "table", "export", file, "rate").stdout
    assert exported.splitlines()[0] == "F,when c0,output x"
    sheet = tmp_path / "rate.csv"
    sheet.write_text(exported + "2,amount > 5,9\n", "utf-8")
    step = rochallor("defs", "table", "import", sheet, file, "rate", "-o", "json").json()
    assert (step["id"], step["nextStep"], step["hitPolicy"]) == ("rate", "work", "F")
    assert [each["outputs"]["x"] for each in step["decisionTable"]["rules"]] == [1, "01", 9]
    [new] = yaml.safe_load(rochallor("defs", "table", "import", sheet).stdout)
    assert (new["id"], new["type"]) == ("rate", "DECISION_TABLE")
    for words in (
        ["export", file],
        ["import"],
        ["import", sheet, file],
        ["export", file, "rate", "--var", "a=1"],
    ):
        assert rochallor("defs", "table", *words).exit_status == 2
    assert rochallor("defs", "table", "export", file, "rat").exit_status == 6
    assert rochallor("defs", "table", "export", file, "rate", "-o", "json").json()["decisionTable"]["rules"]


def test_tables_are_shown_as_tables_wherever_a_definition_is(tmp_path: Path):
    with DevEngine(DevEngineConfig(port=0, engine_version="next")) as engine:
        shown_as_tables(engine.url, tmp_path)


def shown_as_tables(engine_url: str, tmp_path: Path) -> None:
    file = flow(tmp_path / "f.yaml", rule("amount > 100", x=1), rule("amount <= 100", x=2), policy="F")
    rochallor("defs", "upload", file, url=engine_url)
    header = "F | c0            || x"
    assert f"      {header}" in rochallor("defs", "graph", file).stdout
    got = rochallor("defs", "get", "flow", url=engine_url).stdout
    assert f"# {header}" in got
    assert got.startswith("# yaml-language-server: $schema=definition.schema.json\n")
    (tmp_path / "g.yaml").write_text(got, "utf-8")
    assert rochallor("defs", "upload", tmp_path / "g.yaml", "-o", "json", url=engine_url).json()[0][
        "result"
    ] == ("unchanged")
    svg = ElementTree.fromstring(rochallor("defs", "graph", file, "--format", "svg").stdout)
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"F", "c0", "amount > 100", "amount <= 100"} <= set(texts)
    flow(file, rule("amount > 50", x=1), rule("amount <= 100", x=2), policy="F")
    changed = rochallor("defs", "diff", file, url=engine_url, bug_expected=True).stdout
    assert "rule 0: when c0: amount > 100 → amount > 50" in changed
