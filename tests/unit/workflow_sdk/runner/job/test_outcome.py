"""What a handler's result or exception becomes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workflow_sdk.errors import NonRetryableError
from workflow_sdk.runner.job.outcome import (
    MAX_MESSAGE,
    Completed,
    Failed,
    awaitable_in,
    outcome_of_error,
    outcome_of_result,
)


def outcome(result: object) -> Completed | Failed:
    return outcome_of_result(result, handler_name="score")


def test_nothing_completes_with_no_variables() -> None:
    assert outcome(None) == Completed({}, b"{}")


@pytest.mark.parametrize("result", [[1], "text", 3, True, ({},), {"a"}, object()])
def test_a_wrong_type_fails_for_good(result: object) -> None:
    failed = outcome(result)
    assert isinstance(failed, Failed)
    assert not failed.retryable
    assert (
        failed.message == f"score returned a value of type {type(result).__name__}; a dict or None is needed"
    )


def inside_itself() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["again"] = [value]
    return value


def deep() -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(100_000):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("result", "where"),
    [
        ({"a": [1, {"b": {1}}]}, "['a'][1]['b']: a value of type set"),
        ({"price": Decimal(1)}, "['price']: a value of type Decimal"),
        ({"a": float("nan")}, "['a']: nan"),
        ({"a": (1, float("-inf"))}, "['a'][1]: -inf"),
        ({"a": {(1, 2): 3}}, "['a']: the key (1, 2) is of type tuple"),
        ({"a": "x\0y"}, "['a']: a text with a NUL character"),
        ({"a\0": 1}, "the key 'a\\x00' holds a NUL character"),
        (inside_itself(), "['again'][0]: a container inside itself"),
        (deep(), "nested too deeply"),
        ({"a": [10**5_000]}, "['a'][0]: a whole number of more than 4,300 digits"),
        ({"a": {-(10**5_000): 1}}, "['a']: a key of more than 4,300 digits"),
    ],
)
def test_values_that_cannot_be_sent_fail_for_good_and_are_named(result: dict[Any, Any], where: str) -> None:
    failed = outcome(result)
    assert isinstance(failed, Failed)
    assert not failed.retryable
    assert failed.message.startswith("score returned ")
    assert where in failed.message


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert isinstance(outcome({"a": "\\u0000"}), Completed)


JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(some.characters(exclude_characters="\0")),
    lambda inner: (
        some.lists(inner) | some.dictionaries(some.text(some.characters(exclude_characters="\0")), inner)
    ),
)


@settings(max_examples=20)
@given(some.dictionaries(some.text(some.characters(exclude_characters="\0")), JSON))
def test_whatever_json_can_carry_is_carried(result: dict[str, Any]) -> None:
    completed = outcome(result)
    assert isinstance(completed, Completed)
    assert json.loads(completed.encoded) == result


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_exception_is_retried_with_its_type_text_and_line() -> None:
    failed = outcome_of_error(raised(ValueError("no luck")))
    assert failed.retryable
    assert failed.message.startswith("ValueError: no luck (test_outcome.py:")


def test_the_line_is_the_users_own_not_a_librarys() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads("{")
    assert "(test_outcome.py:" in outcome_of_error(caught.value).message


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_attempt_to_end_the_process_is_a_failure_like_any_other(error: BaseException) -> None:
    assert outcome_of_error(raised(error)).retryable


def test_a_non_retryable_error_is_not_retried() -> None:
    failed = outcome_of_error(raised(NonRetryableError("bad input")))
    assert not failed.retryable
    assert failed.message.startswith("NonRetryableError: bad input")


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_an_exception_whose_text_raises_is_reported_all_the_same() -> None:
    assert "UnreadableError: (its text cannot be read)" in outcome_of_error(raised(UnreadableError())).message


def test_a_nul_character_does_not_keep_a_failure_from_being_told() -> None:
    assert "\0" not in outcome_of_error(raised(ValueError("a\0b"))).message


def test_long_messages_are_cut() -> None:
    assert len(outcome_of_error(raised(ValueError("x" * 10_000))).message) <= MAX_MESSAGE


def test_a_coroutine_that_a_plain_function_returned_is_recognised() -> None:
    async def later() -> None:
        """Awaited by nobody here."""

    coroutine = later()
    assert awaitable_in(coroutine) is coroutine
    coroutine.close()
    assert awaitable_in({}) is None
    assert awaitable_in(3) is None
