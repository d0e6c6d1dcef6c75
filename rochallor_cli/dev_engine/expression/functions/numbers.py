"""Functions on numbers, and those that make numbers of other things."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.values.numbers import (
    float_of_text,
    int_of_float,
    int_of_text,
    wrapped,
)
from rochallor_cli.dev_engine.expression.values.operators import compare, is_number
from rochallor_cli.dev_engine.expression.values.times import Duration, Month, Weekday
from rochallor_cli.dev_engine.expression.values.values import Byte, Int64, go_type_of, is_list, items_of

_INTEGERS: Final = (int, Byte, Int64)
_NAMED_INTEGERS: Final = (Duration, Month, Weekday)


def absolute(_run: Run, value: Any) -> object:
    """``abs(n)``"""
    if not is_number(value):
        raise Fault(f"invalid argument for abs (type {go_type_of(value)})")
    if type(value) is float:
        return -value if value < 0 else value
    return type(value)(wrapped(abs(int(value))))


def _rounding(name: str, change: Callable[[float], float]) -> Callable[..., float]:
    def rounded(_run: Run, value: Any) -> float:
        if not is_number(value):
            raise Fault(f"invalid argument for {name} (type {go_type_of(value)})")
        number = float(value)
        return change(number) if type(value) is float and math.isfinite(number) else number

    return rounded


def _half_away_from_zero(number: float) -> float:
    whole = math.trunc(number)
    return math.copysign(abs(whole) + (abs(number - whole) >= 0.5), number)


def to_integer(_run: Run, value: Any) -> int:
    """``int(x)``: a number is cut, a string is read."""
    if isinstance(value, str):
        return int_of_text(value)
    if type(value) is float:
        return int_of_float(value)
    if type(value) in (*_INTEGERS, *_NAMED_INTEGERS):
        return int(value)
    if value is None:
        raise Fault("reflect: call of reflect.Value.Type on zero Value")
    raise Fault(f"invalid operation: int({go_type_of(value)})")


def to_double(_run: Run, value: Any) -> float:
    """``float(x)``: a number, or a string that is read as one."""
    if isinstance(value, str):
        return float_of_text(value)
    if is_number(value):
        return float(value)
    raise Fault(f"invalid operation: float({go_type_of(value)})")


# --- of many -----------------------------------------------------------------------------------------


def _extreme(name: str, better: str) -> Callable[..., object]:
    def extreme(run: Run, *arguments: Any) -> object:
        if len(arguments) == 1 and not is_list(arguments[0]):
            # What cannot be compared is not compared: the only argument is the answer.
            return arguments[0]
        best: object = None
        for number in _numbers(run, name, arguments, named_in_lists=False):
            if best is None or compare(better, best, number):
                best = number
        return best

    return extreme


def _numbers(run: Run, name: str, arguments: Iterable[Any], *, named_in_lists: bool = True) -> Iterable[Any]:
    """All numbers in lists of lists, in order, durations and the like too. Raises ``Fault`` for anything else."""
    waiting = [iter(arguments)]
    while waiting:
        for item in waiting[-1]:
            run.charge(1)
            if is_list(item):
                waiting.append(iter(items_of(item)))
                break
            named = type(item) in _NAMED_INTEGERS and (named_in_lists or len(waiting) == 1)
            if not named and not is_number(item):
                raise Fault(f"invalid argument for {name} (type {go_type_of(item)})")
            yield item
        else:
            waiting.pop()


def mean(run: Run, *arguments: Any) -> float:
    """``mean(list)``; of nothing it is 0."""
    numbers = [float(number) for number in _numbers(run, "mean", arguments)]
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers) if numbers else 0.0


def median(run: Run, *arguments: Any) -> float:
    """``median(list)``; of nothing it is 0."""
    numbers = sorted(float(number) for number in _numbers(run, "median", arguments))
    if not numbers:
        return 0.0
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return (numbers[middle - 1] + numbers[middle]) / 2


# --- bits --------------------------------------------------------------------------------------------


def _bit(value: Any, name: str) -> int:
    if type(value) in _INTEGERS:
        return int(value)
    raise Fault(f"cannot use {go_type_of(value)} as argument (type int) to call {name}")


def _bits(name: str, combine: Callable[[int, int], int]) -> Callable[..., int]:
    def combined(_run: Run, left: Any, right: Any) -> int:
        return wrapped(combine(_bit(left, name), _bit(right, name)))

    return combined


def _shift(name: str, move: Callable[[int, int], int]) -> Callable[..., int]:
    def shifted(_run: Run, value: Any, by: Any) -> int:
        number, amount = _bit(value, name), _bit(by, name)
        if amount < 0:
            raise Fault(f"invalid operation: negative shift count {amount} (type int)")
        return wrapped(move(number, min(amount, 64)))

    return shifted


def bit_not(_run: Run, value: Any) -> int:
    """``bitnot(n)``"""
    return ~_bit(value, "bitnot")


NUMBER_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "abs": absolute,
    "ceil": _rounding("ceil", lambda number: math.copysign(math.ceil(number), number)),
    "floor": _rounding("floor", lambda number: math.copysign(math.floor(number), number)),
    "round": _rounding("round", _half_away_from_zero),
    "int": to_integer,
    "float": to_double,
    "max": _extreme("max", "<"),
    "min": _extreme("min", ">"),
    "mean": mean,
    "median": median,
    "bitand": _bits("bitand", lambda left, right: left & right),
    "bitor": _bits("bitor", lambda left, right: left | right),
    "bitxor": _bits("bitxor", lambda left, right: left ^ right),
    "bitnand": _bits("bitnand", lambda left, right: left & ~right),
    "bitshl": _shift("bitshl", lambda number, by: number << by),
    "bitshr": _shift("bitshr", lambda number, by: number >> by),
    "bitushr": _shift("bitushr", lambda number, by: (number % 2**64) >> by),
    "bitnot": bit_not,
}
