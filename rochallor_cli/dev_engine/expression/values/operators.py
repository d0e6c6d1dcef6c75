"""The operators on values, with Go's numbers, strings, times and messages.

Numbers of different types meet as doubles when one is a double, else as 64-bit integers that wrap.
Whatever two operands do not go together is a ``Fault`` that names their types.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.values.numbers import (
    SMALLEST,
    int_of_float,
    power,
    quotient,
    remainder,
    wrapped,
)
from rochallor_cli.dev_engine.expression.values.strings import bytes_of, text_of
from rochallor_cli.dev_engine.expression.values.times import Duration, Time
from rochallor_cli.dev_engine.expression.values.values import (
    Byte,
    Function,
    Int64,
    IntList,
    NilList,
    StringList,
    go_type_of,
    items_of,
)

_INTEGERS: Final = frozenset({int, Byte, Int64})
_NUMBERS: Final = frozenset({int, Byte, Int64, float})
_LISTS_COMPARED_BY_ITEM: Final = (list, IntList, StringList, bytes)


def mismatch(operator: str, left: object, right: object) -> Fault:
    """Two operands that do not go together."""
    return Fault(f"invalid operation: {go_type_of(left)} {operator} {go_type_of(right)}")


# --- equality --------------------------------------------------------------------------------------


def equal(left: object, right: object) -> bool:
    """``==``: numbers by value, lists by item, everything else of one type only."""
    a, b = type(left), type(right)
    if a is b and a in (str, float, int, bool):
        return left == right
    if a in _NUMBERS and b in _NUMBERS:
        return _numbers_equal(left, right)
    if is_nil(left) and is_nil(right):
        return True
    if a in _LISTS_COMPARED_BY_ITEM and b in _LISTS_COMPARED_BY_ITEM and (a is b or list in (a, b)):
        return _lists_equal(left, right, equal)
    if isinstance(left, Time) and isinstance(right, Time):
        return left.instant == right.instant
    return deeply_equal(left, right)


def _numbers_equal(left: Any, right: Any) -> bool:
    if float in (type(left), type(right)):
        return float(left) == float(right)
    return int(left) == int(right)


def _lists_equal(left: Any, right: Any, same: Callable[[object, object], bool]) -> bool:
    return len(left) == len(right) and all(map(same, items_of(left), items_of(right)))


def deeply_equal(left: object, right: object) -> bool:
    """Go's deep equality: the same type all the way down, so 1 is not 1.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        same_keys = len(left) == len(right) and all(key in right for key in left)
        return same_keys and all(deeply_equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return _lists_equal(left, right, deeply_equal)
    return left == right and not isinstance(left, Function)


def is_nil(value: object) -> bool:
    """nil, or a list that was never made."""
    return value is None or type(value) is NilList


# --- order -----------------------------------------------------------------------------------------


def compare(operator: str, left: Any, right: Any) -> bool:
    """``<``, ``>``, ``<=``, ``>=``"""
    a, b = type(left), type(right)
    if a in _NUMBERS and b in _NUMBERS:
        if a is not b:
            left, right = _promoted(left, right)
    elif a is str and b is str:
        if not (left.isascii() and right.isascii()):
            left, right = bytes_of(left), bytes_of(right)
    elif a is Time and b is Time:
        left, right = left.instant, right.instant
    elif not (a is Duration and b is Duration):
        raise mismatch(operator, left, right)
    return _COMPARISONS[operator](left, right)


_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _promoted(left: Any, right: Any) -> tuple[Any, Any]:
    if float in (type(left), type(right)):
        return float(left), float(right)
    return int(left), int(right)


# --- arithmetic ------------------------------------------------------------------------------------


def add(left: Any, right: Any) -> Any:
    """``+``: numbers, strings, a time and a duration."""
    a, b = type(left), type(right)
    if a is float and b is float:
        return left + right
    if a in _NUMBERS and b in _NUMBERS:
        return _arithmetic(left, right, lambda x, y: x + y)
    if a is str and b is str:
        return joined(left, right)
    if a is Time and b is Duration:
        return left.plus(right)
    if a is Duration and b is Time:
        return right.plus(left)
    if a is Duration and b is Duration:
        return Duration(wrapped(int(left) + int(right)))
    raise mismatch("+", left, right)


def joined(left: str, right: str) -> str:
    """Two Go strings one behind the other: half a character and its other half make a whole one."""
    if not left or not right or not _is_raw_byte(left[-1]) or not _is_raw_byte(right[0]):
        return left + right
    return text_of(bytes_of(left) + bytes_of(right))


def _is_raw_byte(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"


def subtract(left: Any, right: Any) -> Any:
    """``-``: numbers, times, durations."""
    a, b = type(left), type(right)
    if a is float and b is float:
        return left - right
    if a in _NUMBERS and b in _NUMBERS:
        return _arithmetic(left, right, lambda x, y: x - y)
    if a is Time and b is Time:
        return left.since(right)
    if a is Time and b is Duration:
        return left.plus(Duration(wrapped(-int(right))))
    if a is Duration and b is Duration:
        return Duration(wrapped(int(left) - int(right)))
    raise mismatch("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """``*``: numbers; an integer makes a duration longer."""
    a, b = type(left), type(right)
    if a is float and b is float:
        return left * right
    if a in _NUMBERS and b in _NUMBERS:
        return _arithmetic(left, right, lambda x, y: x * y)
    if Duration in (a, b) and a in (_NUMBERS | {Duration}) and b in (_NUMBERS | {Duration}):
        if float in (a, b):
            return float(left) * float(right)
        return Duration(wrapped(int(left) * int(right)))
    raise mismatch("*", left, right)


def divide(left: Any, right: Any) -> float:
    """``/``: always a double."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return quotient(float(left), float(right))
    raise mismatch("/", left, right)


def modulo(left: Any, right: Any) -> int:
    """``%``: integers only."""
    if type(left) in _INTEGERS and type(right) in _INTEGERS:
        return remainder(int(left), int(right))
    raise mismatch("%", left, right)


def exponentiate(left: object, right: object) -> float:
    """``**`` and ``^``: always a double."""
    # The library casts the left operand first; the message names the one that is no number.
    return power(to_float(left), to_float(right))


def negate(value: Any) -> Any:
    """``-x``"""
    if type(value) is float:
        return -value
    if type(value) is Byte:
        return Byte(-value % 256)
    if type(value) in _INTEGERS:
        return value if value == SMALLEST else type(value)(-value)
    raise Fault(f"invalid operation: - {go_type_of(value)}")


def _arithmetic(left: Any, right: Any, apply: Callable[[Any, Any], Any]) -> int | float:
    if float in (type(left), type(right)):
        result: float = apply(float(left), float(right))
        return result
    return wrapped(apply(int(left), int(right)))


# --- conversions the library makes for operators ---------------------------------------------------


def to_int(value: Any) -> int:
    """An index or a bound: numbers only, doubles are cut."""
    if type(value) is float:
        return int_of_float(value)
    if type(value) in _INTEGERS:
        return int(value)
    raise Fault(f"invalid operation: int({go_type_of(value)})")


def to_float(value: Any) -> float:
    """A number as a double."""
    if type(value) in _NUMBERS:
        return float(value)
    raise Fault(f"invalid operation: float({go_type_of(value)})")


def to_bool(value: object) -> bool:
    """A condition: nothing but true and false will do."""
    if value is True or value is False:
        return bool(value)
    raise not_a("bool", value)


def to_text(value: object) -> str:
    """A string, where a function asks for one."""
    if type(value) is str:
        return value
    raise not_a("string", value)


def not_a(wanted: str, value: object) -> Fault:
    """Go's words for a value of another type than a function or operator asks for."""
    found = go_type_of(value, nil="nil")
    return Fault(f"interface conversion: interface {{}} is {found}, not {wanted}")


def is_number(value: object) -> bool:
    """A plain integer or a double; durations and truth values are none."""
    return type(value) in _NUMBERS


def is_nan(value: object) -> bool:
    """A double that is no number."""
    return type(value) is float and math.isnan(value)
