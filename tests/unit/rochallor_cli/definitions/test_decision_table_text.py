"""Decision tables as text, as CSV and compared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.definitions.decision_tables import grid_of, table_changes
from rochallor_cli.definitions.differences import differences, same
from rochallor_cli.definitions.table_csv import csv_from_step, table_from_csv
from rochallor_cli.errors import InvalidDocumentError
from support.workflows import document, rule, table, transform

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
NAMES = st.text("abAB _-.,;\t\r\n\"'ž", max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
    | st.sampled_from(["01", "true", "NULL", "1e5", "=1+1", "2026-01-01", '"x"', " x", "${a}", "a,b;c", "[1]"])
    | st.sampled_from(["a\rb", "a\r\nb", "a\x85b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=3,
)  # fmt: skip
CONDITIONS = TEXTS | st.sampled_from(
    ["a > 1", "", " ", "-x > 1", '"a"', "s == 'x,y'", "a || b", "TRUE", "true", "a\r> 1"]
)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "when": st.dictionaries(NAMES, CONDITIONS, max_size=3),
            "outputs": st.dictionaries(NAMES, VALUES, max_size=3),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(RULES, st.sampled_from(["", "U", "F", "C+", "C#"]))
def test_a_round_trip_through_csv_loses_nothing(rules: list[dict[str, Any]], policy: str) -> None:
    step = table("t", *rules, policy=policy)
    back = table_from_csv(csv_from_step(step, "f"), "t.csv")
    assert back == {name: step[name] for name in ("hitPolicy", "decisionTable") if name in step}


def test_what_a_spreadsheet_writes_is_read() -> None:
    text = "F;when amount;when tier;output rate;output ok\n0;amount > 10;;0,5;TRUE\n1;;tier == 'a';2;\n"
    assert table_from_csv(text, "t.csv") == {
        "hitPolicy": "F",
        "decisionTable": {
            "rules": [
                {"when": {"amount": "amount > 10"}, "outputs": {"rate": "0,5", "ok": True}},
                {"when": {"tier": "tier == 'a'"}, "outputs": {"rate": 2}},
            ]
        },
    }


def test_whatever_parts_the_cells_and_ends_the_lines_the_table_is_the_same() -> None:
    step = table(
        "t", rule("a > 1; b", x="1;2;3"), {"when": {"a;b;c": "true"}, "outputs": {"x": 1}}, policy="F"
    )
    expected = {name: step[name] for name in ("hitPolicy", "decisionTable")}
    text = csv_from_step(step, "f")
    for ending in ("\n", "\r\n", "\r"):
        assert table_from_csv(text.replace("\n", ending), "t.csv") == expected
    assert table_from_csv(f"sep=,\n{text.replace(',true,', ',TRUE,')}", "t.csv") == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('U,when a\n0,"b\n1,c\n2,d\n', "t.csv:2: not CSV: unexpected end of data"),
        ('U,when a\n0,b\n1,"gold" == tier\n', "t.csv:3: not CSV"),
        ('U,when a,output x\n0,"b\n\nc",1\n1,2,3,4\n', "t.csv:5: 4 cells, but 3 columns"),
        (f"U,when a\n0,{'x' * 200_000}\n", "t.csv:2: not CSV: field larger than"),
        ("", "nothing in it"),
        ("X,when a\n0,b\n", "the corner holds 'X'"),
        ("U,amount\n0,b\n", "'amount' is neither a condition nor an output"),
        ("U,when a,when a\n0,b,c\n", "is there twice"),
        ("U,when a\n0,b,c\n", "t.csv:2: 3 cells, but 2 columns"),
    ],
)
def test_what_is_no_table_says_where_and_why(text: str, says: str) -> None:
    with pytest.raises(InvalidDocumentError, match=says):
        table_from_csv(text, "t.csv")


def test_what_csv_has_no_place_for_is_refused() -> None:
    odd = table("t", {**rule("a", x=1), "note": "later"})
    with pytest.raises(InvalidDocumentError, match="rule 0 has note"):
        csv_from_step(odd, "f")
    with pytest.raises(InvalidDocumentError, match="rule 0: the condition a is no text"):
        csv_from_step(table("t", {"when": {"a": True}, "outputs": {"x": 1}}), "f")


def test_a_table_is_shown_with_the_policy_in_the_corner_and_the_union_of_its_columns() -> None:
    step = table(
        "t", rule("a > 1", x=1, y="${a}"), {"when": {"tier": "vip"}, "outputs": {"z": None}}, policy="F"
    )
    grid = grid_of(step)
    assert grid is not None
    assert grid.lines() == [
        "F | c0    | tier || x | y    | z",
        "-" * 35,
        "0 | a > 1 |      || 1 | ${a} |",
        "1 |       | vip  ||   |      | null",
    ]


def test_tables_are_compared_rule_by_rule() -> None:
    old = {"rules": [rule("a > 1", x=1), rule("a > 5", x=2), rule("", x=3)]}
    new = {"rules": [rule("a > 1", x=1), rule("a > 7", x=2, y=True), rule("", x=3), rule("b", x=9)]}
    changes = table_changes(old, new)
    assert changes is not None
    assert list(changes) == [
        "rule 1: when c0: a > 5 → a > 7",
        "rule 1: outputs y: none → true",
        "rule 3 added: b: x = 9",
    ]
    assert table_changes(old, {"rules": "none"}) is None


ONE_AND_ANOTHER = [
    (1, True),
    (0, False),
    ("5", 5),
    ("true", True),
    ("null", None),
    ([1], [True]),
    ({"a": 0}, {"a": "0"}),
]


@pytest.mark.parametrize(("before", "after"), ONE_AND_ANOTHER, ids=repr)
def test_a_value_that_only_changes_its_type_is_another_and_is_shown_as_such(before: Any, after: Any) -> None:
    old, new = (document(transform("t", {"x": value, "kept": 1})) for value in (before, after))
    assert not same(old, new)
    [change] = differences(old, new)
    of_step = change.text.removeprefix("transformations: ").removeprefix("x").removeprefix(": a")
    shown, _, now = of_step.strip().partition(" → ")
    assert shown != now
    tables = [{"rules": [rule("a > 1", x=value)]} for value in (before, after)]
    assert len(list(table_changes(*tables) or ())) == 1
    grids = [grid_of(table("t", rule("a > 1", x=value))) for value in (before, after)]
    assert len({tuple(grid.lines()) for grid in grids if grid is not None}) == 2


def test_numbers_that_json_has_for_the_same_are_the_same() -> None:
    assert same(document(transform("t", {"x": 1})), document(transform("t", {"x": 1.0})))
