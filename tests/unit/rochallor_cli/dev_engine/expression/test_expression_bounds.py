"""No expression hangs or crashes the engine: whatever is written, it ends soon, with a value or an ExpressionError."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    UnrepresentableResult,
    analyse,
    compare_conditions,
    evaluate,
    evaluation_state,
    is_expression,
)
from rochallor_cli.dev_engine.expression.limits import MAX_DEPTH

NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)
VARIABLES: dict[str, object] = {
    "a": 5.0,
    "s": "hello",
    "uni": "žluť \ud83d",
    "list": [3.0, "x", None, [1.0]],
    "obj": {"k": {"x": 1}},
    "nul": None,
    "yes": True,
}
TOKENS = """
    a s uni list obj nul yes 1 2.5 0 -1 1e3 0x1f 9223372036854775807 "x" 'y' ` true nil
    ( ) [ ] { } , . .. ?. ?? ? : :: ; + - * / % ** ^ == != < > <= >= = && || & | ! not in and or
    let if else contains matches startsWith # #a ## ${ } ${a} @ ~ \\ $ $env // /* */ é
    len( map( filter( sum( sortBy( groupBy( date( duration( repeat( split( toJSON( fromJSON( string(
    now() .Year() 1..99999
""".split()  # noqa: SIM905 - a list of so many would fill the page


def bounded(source: str, variables: dict[str, Any] | None = None) -> object:
    """The value, or the text of the failure."""
    try:
        return evaluate(source, VARIABLES if variables is None else variables, now=NOW)
    except (ExpressionError, UnrepresentableResult) as error:
        return error.text


def failure(source: str, variables: dict[str, Any] | None = None) -> str:
    with pytest.raises(ExpressionError) as caught:
        evaluate(source, VARIABLES if variables is None else variables, now=NOW)
    return caught.value.text


@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.sampled_from(["", " "]))
@settings(max_examples=400, deadline=None)
def test_a_soup_of_tokens_ends_in_a_value_or_an_expression_error(tokens: list[str], glue: str) -> None:
    bounded(glue.join(tokens))


@given(st.text(max_size=40))
@example("\ud800'")
@example("\x00")
@settings(max_examples=200, deadline=None)
def test_any_text_at_all_can_be_evaluated_analysed_and_compared(text: str) -> None:
    bounded(text)
    analyse(text)
    compare_conditions(text, "a > 1")
    is_expression(text)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 50_000,
        "(" * 5_000 + "1" + ")" * 5_000,
        "[" * 3_000 + "]" * 3_000,
        "!" * 9_000 + "yes",
        "- " * 9_000 + "1",
        "2 ** " * 3_000 + "1",
        "yes ? 1 : " * 3_000 + "1",
        "if yes { 1 } else " * 3_000 + "{ 1 }",
        "let x = 1; " * 3_000 + "1",
        "len(" * 3_000 + "s" + ")" * 3_000,
        "{a:" * 3_000 + "1" + "}" * 3_000,
        "map(list, " * 3_000 + "#" + ")" * 3_000,
        "a" + "?.b" * 3_000,
        "a" + ".b" * 3_000,
        "s" + " | upper()" * 3_000,
        "list" + "[0]" * 3_000,
        "x" * 200_000,
    ],
    ids=lambda source: f"{source[:12]}… {len(source)}",
)
def test_what_is_nested_too_deeply_is_refused(source: str) -> None:
    assert isinstance(bounded(source), str)
    analyse(source)


def test_chains_of_operators_may_be_long() -> None:
    assert evaluate(" + ".join(["a"] * 2_000), VARIABLES, now=NOW) == 10_000
    assert evaluate(" || ".join(["a == 1"] * 2_000 + ["yes"]), VARIABLES, now=NOW) is True
    assert evaluate("(" * 40 + "a" + ")" * 40, VARIABLES, now=NOW) == 5


def test_more_nodes_than_the_library_takes_are_refused() -> None:
    assert "exceeds maximum allowed nodes" in failure(" + ".join(["a"] * 6_000))


def test_the_limit_of_depth_is_named() -> None:
    depth = MAX_DEPTH + 1
    assert f"nested too deeply (the limit is {MAX_DEPTH})" in failure("(" * depth + "1" + ")" * depth)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_state, "MAX_STEPS", 100_000)


@pytest.mark.parametrize(
    "source",
    [
        "all(1..2000, all(1..2000, all(1..2000, true)))",
        "all(1..9000, all(1..9000, # in big))",
        "all(1..900000, not (text contains 'zzz'))",
        "all(1..900000, upper(text) != '')",
        "all(1..900000, text[0] > 1)",
        "all(1..900000, len(text) > 1 and indexOf(text, 'y') < 0)",
        "all(1..900000, big == big)",
        "all(1..900000, len(toJSON(big)) > 0)",
        "all(1..900000, string(big) != '')",
        "uniq(1..99999)",
        "all(1..900, not (text matches '(x+x+)+y'))",
        "all(1..900, not (text matches '(x?){200}y' + string(#)))",
        "map(1..99, sortBy(1..9999, -#))",
        "all(1..900, sum(map(big, # * 2)) > 0)",
        "all(1..900, mean(big) > 0)",
        "all(1..900, len(split(text, '')) > 0)",
    ],
)
@pytest.mark.usefixtures("few_steps")
def test_work_without_end_is_stopped(source: str) -> None:
    variables: dict[str, Any] = {"big": [float(n) for n in range(20_000)], "text": "x" * 100_000}
    assert "stopped after" in failure(source, variables)


@pytest.mark.parametrize(
    "pattern", ["(x+x+)+y", "^(a|aa|x)*$y", "(((x?){15}){15}){5}y", "(x*)*y", "(.*)(.*)(.*)y"]
)
def test_no_pattern_takes_more_than_its_size_times_the_text(pattern: str) -> None:
    assert evaluate("text matches pattern", {"text": "x" * 5_000, "pattern": pattern}, now=NOW) is False


@pytest.mark.usefixtures("few_steps")
def test_the_limit_of_steps_is_named() -> None:
    assert "stopped after 100000 steps" in failure("all(1..3000, all(1..3000, true))")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1..2000000", "memory budget exceeded"),
        ("map(1..2000, 1..2000)", "memory budget exceeded"),
        ("repeat('x', 999999) + repeat('x', 999999)", "memory budget exceeded"),
        ("map(1..900, text)", "too large"),
        ("string(map(1..900, text))", "too large"),
        ("toJSON(map(1..900, text))", "too large"),
        ("map(1..900, text) == map(1..900, text)", "too large"),
        ("map(1..900, text + text)", "characters of text"),
        ("replace(text, '', text)", "characters of text"),
    ],
)
def test_values_without_bound_are_refused(source: str, reason: str) -> None:
    assert reason in failure(source, {"text": "x" * 100_000})


HANDS_ON_DEEP = ["deep", "flatten(deep)"]
GOES_INTO_DEEP = ["deep == deep", "string(deep)", "toJSON(deep)", "deep in [deep]"]


@pytest.mark.parametrize("source", [*HANDS_ON_DEEP, *GOES_INTO_DEEP])
def test_a_deeply_nested_variable_does_no_harm(source: str) -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep, 1]
    found = bounded(source, {"deep": deep})
    assert isinstance(found, list) if source in HANDS_ON_DEEP else "nested too deeply" in str(found)


def test_variables_are_not_changed_by_an_evaluation() -> None:
    variables = {"list": [3, 1, {"n": 2}], "obj": {"k": [1]}}
    for source in ("sort(list[0:2])", "reverse(list)", "list", "obj", "map(list, #)", "concat(list, [1])"):
        result = evaluate(source, variables, now=NOW)
        if isinstance(result, list):
            result.append("changed")
        if isinstance(result, dict):
            result["changed"] = True
    assert variables == {"list": [3, 1, {"n": 2}], "obj": {"k": [1]}}
