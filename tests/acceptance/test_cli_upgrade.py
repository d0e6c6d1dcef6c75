"""`defs lint --upgrade`: what another version of the engine will do otherwise."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS, engine_rules
from rochallor_cli.documents.document import Document
from rochallor_cli.documents.json_yaml import dump
from rochallor_cli.verification import upgrading
from rochallor_cli.verification.search import SearchBounds
from rochallor_cli.verification.upgrading import upgrade_differences
from support.command_line import rochallor
from support.workflows import (
    decision,
    document,
    gateway,
    join,
    rule,
    service,
    table,
    timer,
    transform,
    user_task,
    wait,
)


def differences(*steps: dict, versions: str) -> list[tuple[str, str]]:
    first, _, last = versions.partition("..")
    found = upgrade_differences(
        Document("f.yaml", document(*steps)), old=engine_rules(first), new=engine_rules(last)
    )
    return [(each.kind, each.step) for each in found]


@pytest.mark.parametrize(
    ("steps", "versions", "expected"),
    [
        # The shortest condition is tried first from 1.0.0 on.
        ([decision("d", {"amount > 1000 && vip": "a", "amount > 10": "end", "amount <= 10": "end"}), wait("a")],
         "0..1.0.0", ("silently", "d")),
        ([decision("d", {"n > 5": "a", "n <= 5": "end"}), wait("a")], "0..1.1.0", None),
        # Converted operands.
        ([decision("d", {"zip == '01'": "a", "zip != '01'": "end"}), wait("a")], "1.1.0..next", ("silently", "d")),
        ([decision("d", {"day >= '2026-01-01'": "a", "day < '2026-01-01'": "end"}), wait("a")],
         "1.1.0..next", ("fails", "d")),
        ([decision("d", {"n > 5": "a", "n <= 5": "end"}), wait("a")], "1.1.0..next", ("better", "d")),
        ([transform("t", {"name": "${given + surname}"})], "1.1.0..next", ("fails", "t")),
        ([transform("t", {"name": "${order.given + order.surname}"})], "1.1.0..next", ("fails", "t")),
        ([table("t", rule("code == '1e3'", x=1), rule("code != '1e3'", x=2))], "1.1.0..next", ("silently", "t")),
        ([decision("d", {"ok": "a", "!ok": "end"}), wait("a")], "1.0.0..1.1.0", None),
        # Durations, tables and joins.
        ([user_task("u", boundaryEvents=[timer("P1DT2H", "end", interrupting=True)])], "0..1.0.0", ("silently", "u")),
        ([user_task("u", boundaryEvents=[timer("PT-5M", "end", interrupting=True)])], "0..1.0.0", ("fails", "u")),
        ([user_task("u", boundaryEvents=[timer("P7D", "end", interrupting=True)])], "0..1.0.0", ("better", "u")),
        ([table("t", rule("a > 1", x=1))], "0..1.0.0", ("better", "")),
        ([gateway("s", ["a", "a"]), service("a", "meet"), join()], "0..1.0.0", ("fails", "meet")),
    ],
)  # fmt: skip
def test_what_comes_out_otherwise_is_told_by_how_bad_it_is(
    steps: list[dict], versions: str, expected: tuple[str, str] | None
):
    found = differences(*steps, versions=versions)
    if expected is None:
        assert found == []
    else:
        assert expected in found


def test_a_schema_that_fixes_a_type_rules_out_values_that_cannot_come():
    steps = [decision("d", {"n == 5": "a", "n != 5": "end"}), wait("a")]
    schema = {"properties": {"n": {"type": "number"}}, "required": ["n"]}
    with_schema = Document("f.yaml", document(*steps, input_schema=schema))
    assert upgrade_differences(with_schema, old=engine_rules("next"), new=engine_rules("leases")) == []
    assert ("silently", "d") in differences(*steps, versions="1.1.0..next")


def test_nothing_changes_between_a_version_and_itself():
    for version in ENGINE_VERSIONS:
        assert (
            differences(
                decision("d", {"a == '1'": "end", "a != '1'": "end"}), versions=f"{version}..{version}"
            )
            == []
        )


def write(path: Path) -> Path:
    path.write_text(
        dump(document(decision("d", {"zip == '01'": "a", "zip != '01'": "end"}), wait("a"))), "utf-8"
    )
    return path


def test_a_report_has_an_example_and_a_mend_and_says_how_bad_it_is(tmp_path: Path):
    file = write(tmp_path / "f.yaml")
    result = rochallor("defs", "lint", file, "--upgrade", "1.1.0..next")
    assert result.exit_status == 3
    assert result.lines()[0] == "silently another way (1)"
    assert '      with    {"zip": "01"}' in result.lines()
    assert "W203" in result.stdout
    assert "1 definition from 1.1.0 to next: silently another way 1" in result.stderr
    [row] = csv.DictReader(
        io.StringIO(rochallor("defs", "lint", file, "--upgrade", "1.1.0..next", "--format", "csv").stdout)
    )
    assert (row["kind"], row["step"], row["before"], row["after"]) == (
        "silently", "d", "goes to a", "goes to end"
    )  # fmt: skip
    assert rochallor("defs", "lint", file, "--upgrade", "0..1.1.0", "-o", "json").exit_status == 0


def test_definitions_on_an_engine_are_compared_as_well(engine_url: str, tmp_path: Path):
    file = write(tmp_path / "f.yaml")
    rochallor("defs", "upload", file, url=engine_url)
    rows = rochallor("defs", "lint", "flow", "--upgrade", "1.1.0..next", "-o", "json", url=engine_url).json()
    assert [(row["file"], row["kind"]) for row in rows] == [("flow", "silently")]


@pytest.mark.parametrize(
    ("versions", "wrong"),
    [
        ("next", "write FROM..TO"),
        ("next..0", "0 is no later version than next"),
        ("0..9", "'9' is no version"),
        ("7..1.0.0", "'7' is no version"),
        ("1.0.0..1.0.0", "1.0.0 is no later version"),
        ("..", "'' is no version"),
    ],
)
def test_versions_that_are_no_upgrade_are_a_usage_error(versions: str, wrong: str, tmp_path: Path):
    result = rochallor("defs", "lint", write(tmp_path / "f.yaml"), "--upgrade", versions)
    assert result.exit_status == 2
    assert wrong in result.stderr


def test_what_is_not_compared_to_the_end_is_said_and_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(upgrading, "_BOUNDS", SearchBounds(max_states=1))
    steps = [gateway("s", ["a", "b"]), service("a", "meet"), service("b", "meet"), join()]
    file = tmp_path / "f.yaml"
    file.write_text(dump(document(*steps)), "utf-8")
    result = rochallor("defs", "lint", file, "--upgrade", "1.0.0..1.0.1")
    assert result.exit_status == 10
    assert "not compared to the end (1)" in result.stdout
    assert (
        rochallor("defs", "lint", file, "--upgrade", "1.0.0..1.0.1", "-o", "json").json()[0]["kind"]
        == "unknown"
    )


def test_what_neither_version_takes_is_said_and_what_none_knows_is_left_out(tmp_path: Path):
    file = tmp_path / "f.yaml"
    file.write_text(dump({**document(service("a")), "future": 1}), "utf-8")
    assert rochallor("defs", "lint", file, "--upgrade", "1.1.0..next").exit_status == 0
    file.write_text(dump(document(service("a", "nowhere"))), "utf-8")
    found = rochallor("defs", "lint", file, "--upgrade", "1.1.0..next", "-o", "json")
    assert (found.exit_status, found.json()[0]["text"]) == (10, "neither version takes it")
    assert "nowhere" in found.json()[0]["after"]


def test_the_columns_of_a_report_are_there_where_nothing_was_found(tmp_path: Path):
    file = tmp_path / "f.yaml"
    file.write_text(dump(document(service("a"))), "utf-8")
    empty = rochallor("defs", "lint", file, "--upgrade", "1.1.0..next", "-o", "csv")
    assert empty.lines() == ["kind,file,line,id,step,text,example,before,after,mend,column"]
