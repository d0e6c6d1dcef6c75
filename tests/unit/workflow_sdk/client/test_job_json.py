"""JSON read without the interpreter's stack: the same values, and the same refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.client.job_json import _READER, _DeepReader, value_from_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_the_deep_reader_reads_what_json_does(value: object, indent: int | None) -> None:
    assert _DeepReader(json.dumps(value, indent=indent), _READER).value() == value


@given(st.text(alphabet='{}[],:"a1 \\-tnul', max_size=12))
def test_the_deep_reader_refuses_what_json_does(text: str) -> None:
    try:
        expected = json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            _DeepReader(text, _READER).value()
    else:
        assert _DeepReader(text, _READER).value() == expected


@pytest.mark.parametrize("end", ["", "]" * 1_999, "]" * 2_001, "]" * 2_000 + "1", "]" * 1_999 + "}"])
def test_a_deep_text_that_is_no_json_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        value_from_json("[" * 2_000 + end)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "around", ["%s", '{"a":[%s]}', "[" * 5_000 + "%s" + "]" * 5_000], ids=["", "in", "deep"]
)
@pytest.mark.parametrize("long_numbers", [True, False])
def test_a_number_that_no_engine_holds_is_refused(number: str, around: str, long_numbers: bool) -> None:
    """Neither answers nor jobs hold one: what wrote it is no engine, and Python would write it on."""
    with pytest.raises(ValueError, match=f"{number} is no number that an engine holds"):
        value_from_json((around % number).encode(), long_numbers=long_numbers)


@pytest.mark.parametrize("around", ["%s", "[" * 5_000 + "%s" + "]" * 5_000], ids=["", "deep"])
def test_a_number_that_could_not_be_written_is_read_of_jobs_only(around: str) -> None:
    text = around % ("9" * 5_000)
    assert value_from_json(text)
    with pytest.raises(ValueError, match="4300 digits"):
        value_from_json(text, long_numbers=False)
