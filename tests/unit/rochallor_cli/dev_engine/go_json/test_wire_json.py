"""Reading JSON as the engine does, and its words for what is no JSON or does not fit."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.dev_engine.go_json.decoding import (
    ANY_MAP,
    TEXT,
    WHOLE,
    BodyError,
    ListOf,
    Shape,
    decode,
)
from rochallor_cli.dev_engine.go_json.reading import (
    MAX_DEPTH,
    JsonSyntaxError,
    NumberOutOfRange,
    holds_more_values,
    read,
)
from rochallor_cli.dev_engine.go_json.scanner import syntax_error
from rochallor_cli.dev_engine.go_json.writing import write, write_time

REQUEST = Shape(
    "rest.someRequest",
    {"name": TEXT, "count": WHOLE, "variables": ANY_MAP, "types": ListOf("[]string", TEXT)},
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


def refusal(body: bytes) -> tuple[str | None, str | None]:
    """Why a body was refused: words, or the number that no double holds."""
    try:
        read(body)
    except JsonSyntaxError as error:
        return str(error), None
    except NumberOutOfRange as error:
        return None, error.literal
    return None, None


def with_doubles(value: Any) -> Any:
    """Numbers as the engine holds them: a large whole one has more digits in Python than on the wire."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {key: with_doubles(item) for key, item in value.items()}
    return [with_doubles(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    assert with_doubles(read(write(value).encode())) == with_doubles(value)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_in_words(body: bytes) -> None:
    words, literal = refusal(body)
    assert words is None or words
    assert literal is None or math.isinf(float(literal))


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u', max_size=30))
def test_the_scanner_finds_a_fault_wherever_the_reader_does(text: str) -> None:
    words, _ = refusal(text.encode())
    assert words in (None, "EOF", "unexpected EOF") or str(words).startswith("invalid character ")


@given(VALUES, st.integers(1, 30))
def test_a_text_that_is_cut_off_ends_unexpectedly(value: Any, cut: int) -> None:
    text = json.dumps([value], ensure_ascii=False)
    body = text[: -min(cut, len(text) - 1)].encode()
    assert syntax_error(body) == "unexpected EOF"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b"{", "unexpected EOF"),
        (b"nope", "invalid character 'o' in literal null (expecting 'u')"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"[01]", "invalid character '1' after array element"),
        (b"[-]", "invalid character ']' in numeric literal"),
        (b"[1.]", "invalid character ']' after decimal point in numeric literal"),
        (b"[1e]", "invalid character ']' in exponent of numeric literal"),
        (b'"a\nb"', "invalid character '\\n' in string literal"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"\xef\xbb\xbf{}", "invalid character 'ï' looking for beginning of value"),
        (b"\x00", "invalid character '\\x00' looking for beginning of value"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "exceeded max depth"),
    ],
)
def test_what_is_no_json_is_told_in_the_engines_words(body: bytes, words: str) -> None:
    with pytest.raises(JsonSyntaxError) as refused:
        read(body)
    assert str(refused.value) == words


def test_brackets_within_texts_are_no_depth() -> None:
    assert read(json.dumps(["[" * 2000, '"{' * 2000]).encode()) == ["[" * 2000, '"{' * 2000]


def _values_in(value: Any) -> int:
    """Opening brackets and commas of its JSON text."""
    if not isinstance(value, dict | list):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max(0, len(value) - 1) + sum(map(_values_in, items))


@given(VALUES)
def test_values_are_counted_by_what_begins_them(value: Any) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    count = _values_in(value)
    assert not holds_more_values(body, count)
    assert count == 0 or holds_more_values(body, count - 1)


def test_a_text_without_an_end_is_gone_through_once() -> None:
    """Begun again at every quote in it, it would take minutes."""
    body = b"[" + b"[]," * 1000 + b'"' + b'\\"' * 300_000
    assert not holds_more_values(body, 2001)
    with pytest.raises(JsonSyntaxError, match="unexpected EOF"):
        read(body)


def test_what_follows_the_first_value_is_not_read() -> None:
    assert read(b'{"a": 1} trailing') == {"a": 1}


def test_field_names_match_without_case_and_the_last_counts() -> None:
    assert decode(b'{"NAME": "a", "Name": "b", "other": 1, "count": null}', REQUEST) == {"name": "b"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "json: cannot unmarshal array into Go value of type rest.someRequest"),
        (
            b'{"name": 5}',
            "json: cannot unmarshal number into Go struct field someRequest.name of type string",
        ),
        (
            b'{"count": 1.5}',
            "json: cannot unmarshal number 1.5 into Go struct field someRequest.count of type int",
        ),
        (
            b'{"count": 2.0}',
            "json: cannot unmarshal number 2.0 into Go struct field someRequest.count of type int",
        ),
        (
            b'{"count": 1e1}',
            "json: cannot unmarshal number 1e1 into Go struct field someRequest.count of type int",
        ),
        (
            b'{"count": true}',
            "json: cannot unmarshal bool into Go struct field someRequest.count of type int",
        ),
        (
            b'{"types": [1]}',
            "json: cannot unmarshal number into Go struct field someRequest.types of type string",
        ),
        (
            b'{"variables": {"a": [1, -1e999]}}',
            "json: cannot unmarshal number -1e999 into Go struct field someRequest.variables of type float64",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_the_engines_words(body: bytes, words: str) -> None:
    with pytest.raises(BodyError) as refused:
        decode(body, REQUEST)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_777_813_713_123_456_789, "2026-05-03T13:08:33.123456789Z"),
        (1_777_813_713_100_000_000, "2026-05-03T13:08:33.1Z"),
    ],
)
def test_times_have_as_many_digits_as_they_need(time_ns: int, text: str) -> None:
    assert write_time(time_ns) == text
