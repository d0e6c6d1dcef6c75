"""Values while an expression is evaluated.

JSON values are Python's: None, bool, int (64 bits, from literals), float, str, list, dict. What Go
distinguishes beyond them has a class here, most of them a list, dict or int that also knows its Go type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.go_types import GoType


class IntList(list[int]):
    """``[]int``: what a range makes."""

    go_type: ClassVar = "[]int"


class StringList(list[str]):
    """``[]string``: what splitting makes."""

    go_type: ClassVar = "[]string"


class Pair(list[object]):
    """``[2]any``: a key and its value."""

    go_type: ClassVar = "[2]interface {}"


class PairList(list[Pair]):
    """``[][2]any``: what toPairs makes."""

    go_type: ClassVar = "[][2]interface {}"


class NilList(list[object]):
    """A list of anything that was never made: empty, and null as JSON."""

    go_type: ClassVar = "[]interface {}"


class AnyMap(dict[object, object]):
    """``map[any]any``: JSON cannot hold it, whatever its keys."""

    go_type: ClassVar = "map[interface {}]interface {}"


class Groups(dict[object, object]):
    """``map[any][]any``: what groupBy makes."""

    go_type: ClassVar = "map[interface {}][]interface {}"


class Byte(int):
    """One byte of a string."""

    go_type: ClassVar = "uint8"


class Int64(int):
    """An integer that Go keeps apart from its ``int`` (seconds since 1970)."""

    go_type: ClassVar = "int64"


@dataclass(frozen=True, slots=True)
class Function:
    """A function as a value: a method of a time, or the engine's own ``len``."""

    name: str
    type: GoType
    call: Callable[..., object]

    @property
    def go_type(self) -> str:
        """Its Go type, as messages name it."""
        return self.type.name


_PLAIN_NAMES: Final = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}


def go_type_of(value: object, *, nil: str = "<nil>") -> str:
    """The value's Go type, as ``%T`` prints it."""
    if value is None:
        return nil
    name = _PLAIN_NAMES.get(type(value))
    return name if name is not None else str(value.go_type)  # type: ignore[attr-defined]


def is_list(value: object) -> bool:
    """Whether it is a Go slice or array, bytes among them."""
    return isinstance(value, list | bytes)


def items_of(value: Iterable[object]) -> Iterable[object]:
    """The items of a list; those of bytes are numbers of their own type."""
    return map(Byte, value) if isinstance(value, bytes) else value


def hashable(key: object) -> object:
    """A key of a map of anything. Doubles and integers of one value are different keys in Go."""
    if isinstance(key, list | dict | bytes | Function):
        raise Fault(f"runtime error: hash of unhashable type {go_type_of(key)}")
    return key if key is None or isinstance(key, str) else TypedKey(key)


class TypedKey:
    """A key that is equal only to one of the same type."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TypedKey)
            and type(self.value) is type(other.value)
            and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


def plain_key(key: object) -> object:
    """The key as it was given to ``hashable``."""
    return key.value if isinstance(key, TypedKey) else key


def engine_value(value: Any) -> Any:
    """A variable as the engine sees it: every number is a double, at any depth.

    Lists and maps without an integer in them are taken as they are.
    """
    kind = type(value)
    if kind is int:
        return _as_float(value)
    if kind is list or kind is dict:
        return _with_doubles(value) if _holds_integer(value) else value
    return value


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _holds_integer(value: Any) -> bool:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        for item in current.values() if isinstance(current, dict) else current:
            kind = type(item)
            if kind is int:
                return True
            if kind is list or kind is dict:
                waiting.append(item)
    return False


def _with_doubles(value: Any) -> Any:
    """A copy with doubles for integers, made without recursion."""
    whole = value.copy()
    waiting = [whole]
    while waiting:
        current = waiting.pop()
        for key, item in list(current.items() if isinstance(current, dict) else enumerate(current)):
            kind = type(item)
            if kind is int:
                current[key] = _as_float(item)
            elif kind is list or kind is dict:
                current[key] = item.copy()
                waiting.append(current[key])
    return whole
