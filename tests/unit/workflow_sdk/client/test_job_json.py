"""JSON read without the interpreter's stack: the same values, and the same refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sdk.client.job_json import _DeepReader, value_from_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_the_deep_reader_reads_what_json_does(value: object, indent: int | None) -> None:
    assert _DeepReader(json.dumps(value, indent=indent)).value() == value


@given(st.text(alphabet='{}[],:"a1 \\-tnul', max_size=12))
def test_the_deep_reader_refuses_what_json_does(text: str) -> None:
    try:
        expected = json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            _DeepReader(text).value()
    else:
        assert _DeepReader(text).value() == expected


@pytest.mark.parametrize("end", ["", "]" * 1_999, "]" * 2_001, "]" * 2_000 + "1", "]" * 1_999 + "}"])
def test_a_deep_text_that_is_no_json_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        value_from_json("[" * 2_000 + end)
