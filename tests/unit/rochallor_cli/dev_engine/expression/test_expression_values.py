"""Numbers, strings and times agree with a model: Go's integers, IEEE doubles, Python's calendar."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    UnrepresentableResult,
    evaluate,
    evaluate_condition,
    evaluate_transformation,
    is_expression,
    rewrite,
)
from rochallor_cli.dev_engine.expression.patterns import compile_pattern
from rochallor_cli.dev_engine.expression.values.results import json_number
from rochallor_cli.dev_engine.go_text import quoted

NOW = datetime(2026, 5, 3, 12, 30, 15, 123456, tzinfo=UTC)
INT64 = st.integers(-(2**63) + 1, 2**63 - 1)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | DOUBLES | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def value(source: str, **variables: object) -> Any:
    return evaluate(source, variables, now=NOW)


def wrapped(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


@given(INT64, INT64, st.sampled_from("+-*"))
def test_literal_integers_wrap_at_64_bits(left: int, right: int, operator: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[operator]
    assert value(f"({left}) {operator} ({right})") == wrapped(expected)


@given(INT64, INT64.filter(bool))
def test_the_remainder_has_the_sign_of_the_left_operand(left: int, right: int) -> None:
    size = abs(left) % abs(right)
    assert value(f"({left}) % ({right})") == (-size if left < 0 else size)


@given(DOUBLES, DOUBLES, st.sampled_from("+-*"))
def test_variables_are_added_as_doubles(left: float, right: float, operator: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[operator]
    if math.isfinite(expected):
        assert value(f"x {operator} y", x=left, y=right) == expected
    else:
        with pytest.raises(UnrepresentableResult):
            value(f"x {operator} y", x=left, y=right)


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))
def test_integers_in_variables_are_doubles_too(left: int, right: int) -> None:
    assert value("x < y", x=left, y=right) is (float(left) < float(right))
    assert value("[x, y] == [y, x]", x=left, y=right) is (float(left) == float(right))


@given(JSON_VALUES)
def test_a_variable_comes_back_as_it_went_in(variable: object) -> None:
    assert value("x", x=variable) == variable
    assert value("x == x", x=variable) is True
    assert value("[x][0]", x=variable) == variable


@given(JSON_VALUES)
def test_what_to_json_writes_from_json_reads(variable: object) -> None:
    assert value("fromJSON(toJSON(x)) == x", x=variable) is True
    assert json.loads(value("toJSON(x)", x=variable), parse_int=float) == variable


@given(DOUBLES)
def test_a_number_in_json_keeps_its_value(number: float) -> None:
    assert float(json_number(number)) == number


@given(DOUBLES)
def test_a_number_as_text_keeps_its_value(number: float) -> None:
    assert float(value("string(x)", x=number)) == number
    assert value("float(string(x)) == x", x=number) is True


# The engine reaches into strings: what it would rewrite has no place in them.
PLAIN = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="#$'(\\") | st.just(
    " "
)


@given(st.text(PLAIN))
def test_a_quoted_string_says_what_was_quoted(text: str) -> None:
    assert value(quoted(text)) == text


@given(st.text(st.characters(codec="utf-8")), st.integers(-20, 20), st.integers(-20, 20))
def test_strings_are_cut_by_bytes(text: str, low: int, high: int) -> None:
    data = text.encode()
    low_cut = max(len(data) + low, 0) if low < 0 else low
    high_cut = max(len(data) + high, 0) if high < 0 else min(high, len(data))
    expected = data[min(low_cut, high_cut) : high_cut]
    shown = "".join(
        "\ufffd" if "\udc80" <= character <= "\udcff" else character
        for character in expected.decode("utf-8", "surrogateescape")
    )
    assert value(f"x[{low}:{high}]", x=text) == shown


@given(st.lists(DOUBLES), st.sampled_from(["asc", "desc"]))
def test_sorting_sorts(numbers: list[float], order: str) -> None:
    assert value(f'sort(x, "{order}")', x=numbers) == sorted(numbers, reverse=order == "desc")


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_dates_are_read_and_taken_apart(moment: datetime) -> None:
    text = moment.isoformat()
    assert value("date(x).Year()", x=text) == moment.year
    assert value("int(date(x).Month())", x=text) == moment.month
    assert value("date(x).Day()", x=text) == moment.day
    assert value("date(x).YearDay()", x=text) == moment.timetuple().tm_yday
    assert value("int(date(x).Weekday())", x=text) == moment.isoweekday() % 7
    shown = f"{moment.year:04d}-{moment:%m-%d %H:%M:%S.%f}"
    assert value('date(x).Format("2006-01-02 15:04:05.000000")', x=text) == shown


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_date_with_an_offset_is_the_same_point_in_time(moment: datetime, minutes: int) -> None:
    assume(2 < moment.year < 9998)
    shifted = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert value("date(x) == date(y)", x=moment.isoformat(), y=shifted.isoformat()) is True


@given(st.integers(-(2**40), 2**40))
def test_durations_come_back_from_their_text(microseconds: int) -> None:
    assert value("duration(string(duration(x)))", x=f"{microseconds}us") == microseconds * 1000


SAFE_PATTERN = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "x"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(SAFE_PATTERN, st.sampled_from(["", "^"]), st.sampled_from(["", r"\z"]), st.text("abx1", max_size=8))
@settings(deadline=None)
def test_patterns_match_what_regular_expressions_match(body: str, start: str, end: str, text: str) -> None:
    expected = re.search(f"{start}(?:{body}){end}".replace(r"\z", r"\Z"), text) is not None
    assert compile_pattern(f"{start}(?:{body}){end}").found_in(text, lambda _: None) is expected


def test_now_is_the_engines_clock() -> None:
    assert evaluate_transformation("t", "${ now() }", {}, now=NOW) == "2026-05-03T12:30:15Z"
    assert value("now()") == "2026-05-03T12:30:15.123456Z"
    assert value('now() > date("2026-05-03")') is True
    east = NOW.astimezone(timezone(timedelta(hours=2)))
    assert evaluate_transformation("t", "${now()}", {}, now=east) == "2026-05-03T12:30:15Z"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("${a}", True),
        ("${}", True),
        ("a is ${a}", False),
        (" ${a}", False),
        ("${a} ", False),
        ("$", False),
        ("", False),
    ],
)
def test_only_a_whole_text_is_an_expression(text: str, *, whole: bool) -> None:
    assert is_expression(text) is whole


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("${a} + #b", "(a) + b"),
        ("#a.b == 'x'", 'a.b == "x"'),
        ("contains(list, 'x')", '("x") in (list)'),
        ("contains(list, (3))", "contains(list, (3))"),
        ("filter(list, # > 1)", "filter(list, # > 1)"),
        ("  a  ", "a"),
        ("'it''s'", '"it""s"'),
    ],
)
def test_the_engine_rewrites_before_the_library_reads(source: str, text: str) -> None:
    assert rewrite(source) == text


def test_a_condition_that_is_neither_true_nor_false_names_its_type() -> None:
    with pytest.raises(ExpressionError, match=r"result is \[\]interface \{\}, not bool"):
        evaluate_condition("[1]", {}, now=NOW)


def test_an_undefined_variable_is_named_before_anything_else_is_looked_at() -> None:
    with pytest.raises(ExpressionError, match='undefined variable "missing"'):
        evaluate_condition('missing == 1 && "a" == 1', {}, now=NOW)
