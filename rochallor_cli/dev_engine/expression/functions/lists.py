"""Functions on lists and maps that take no predicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.values.formatting import value_text
from rochallor_cli.dev_engine.expression.values.members import fetch, length, map_key
from rochallor_cli.dev_engine.expression.values.methods import method_of
from rochallor_cli.dev_engine.expression.values.operators import equal, to_int
from rochallor_cli.dev_engine.expression.values.sizes import size_of
from rochallor_cli.dev_engine.expression.values.sorting import sorted_by
from rochallor_cli.dev_engine.expression.values.strings import bytes_of
from rochallor_cli.dev_engine.expression.values.times import Duration, Location, Month, Time, Weekday
from rochallor_cli.dev_engine.expression.values.values import (
    AnyMap,
    Byte,
    Function,
    Int64,
    IntList,
    NilList,
    Pair,
    PairList,
    StringList,
    go_type_of,
    hashable,
    is_list,
    items_of,
    plain_key,
)

_KINDS: Final[dict[type, str]] = {
    type(None): "invalid", bool: "bool", int: "int", float: "float64", str: "string", dict: "map",
    Time: "struct", Location: "ptr", Duration: "int64", Month: "int", Weekday: "int", Byte: "uint8",
    Int64: "int64", Function: "func", Pair: "array",
}  # fmt: skip


def _kind(value: object) -> str:
    """Go's kind of a value, as messages name it."""
    if isinstance(value, dict):
        return "map"
    return _KINDS.get(type(value), "slice")


def _list(value: Any, action: str) -> Any:
    if not is_list(value):
        raise Fault(f"cannot {action} {_kind(value)}")
    return value


def len_of(_run: Run, value: object) -> int:
    """``len(x)``"""
    return length(value)


def first(_run: Run, value: object) -> object:
    """``first(list)``; nil where there is none."""
    return _end(value, 0)


def last(_run: Run, value: object) -> object:
    """``last(list)``; nil where there is none."""
    return _end(value, -1)


def _end(value: object, index: int) -> object:
    try:
        return fetch(value, index)
    except Fault:
        return None


def get(_run: Run, owner: object, key: object) -> object:
    """``get(x, key)``; nil where there is none."""
    if isinstance(key, str) and (method := method_of(owner, key)):
        return method
    if isinstance(owner, dict):
        return owner.get(map_key(owner, key))
    if isinstance(owner, str | list | bytes):
        index = to_int(key)
        size = len(bytes_of(owner)) if isinstance(owner, str) else len(owner)
        return fetch(owner, index) if -size <= index < size else None
    return None


def take(run: Run, value: object, amount: object) -> object:
    """``take(list, n)``; n has to be an integer."""
    items = _list(value, "take from")
    if type(amount) not in (int, Int64, Duration, Month, Weekday):
        raise Fault(f"cannot take {_kind(amount)} elements")
    count = to_int(amount) if type(amount) in (int, Int64) else int(amount)  # type: ignore[call-overload]
    if count < 0:
        raise Fault("reflect.Value.Slice: slice index out of bounds")
    run.charge(min(count, len(items)))
    found = items[:count]
    return type(items)(found) if isinstance(items, IntList | StringList | PairList) else found


def _map(value: Any, action: str) -> Any:
    if not isinstance(value, dict):
        raise Fault(action.replace("@", _kind(value)))
    return value


def keys(run: Run, value: object) -> list[object]:
    """``keys(map)``, in the order of the map (the engine's order is random)."""
    found = _map(value, "cannot get keys from @")
    run.charge(len(found))
    return [plain_key(key) for key in found]


def values(run: Run, value: object) -> list[object]:
    """``values(map)``, in the order of the map (the engine's order is random)."""
    found = _map(value, "cannot get values from @")
    run.charge(len(found))
    return list(found.values())


def to_pairs(run: Run, value: object) -> PairList:
    """``toPairs(map)``"""
    found = _map(value, "cannot transform @ to pairs")
    run.charge(len(found))
    return PairList(Pair((plain_key(key), item)) for key, item in found.items())


def from_pairs(run: Run, value: object) -> AnyMap:
    """``fromPairs(list)``: a map that JSON cannot hold."""
    if not is_list(value):
        raise Fault(f"cannot transform {value_text(value)} from pairs")
    items: Any = value
    run.charge(len(items))
    found = AnyMap()
    for pair in items:
        if not isinstance(pair, list):
            raise Fault(f"invalid pair {value_text(pair)}")
        if len(pair) != 2:
            raise Fault(f"invalid pair length {value_text(pair)}")
        found[hashable(pair[0])] = pair[1]
    return found


def reverse(run: Run, value: object) -> list[object]:
    """``reverse(list)``"""
    items = _list(value, "reverse")
    run.grow(len(items))
    return list(items_of(items))[::-1]


def uniq(run: Run, value: object) -> list[object]:
    """``uniq(list)``: of equal items the first stays."""
    found: list[object] = []
    for item in items_of(_list(value, "uniq")):
        run.charge((len(found) + 1) * (1 if not is_list(item) else size_of(item) // 8))
        if not any(equal(item, known) for known in found):
            found.append(item)
    return found


def concat(run: Run, *lists: object) -> list[object]:
    """``concat(list, list, …)``; of nothing it is a list that was never made."""
    found: list[object] = []
    for value in lists:
        items = _list(value, "concat")
        run.grow(len(items))
        found.extend(items_of(items))
    return found or NilList()


def flatten(run: Run, value: object) -> list[object]:
    """``flatten(list)``: no list within the list any more."""
    waiting = [iter(items_of(_list(value, "flatten")))]
    found: list[object] = []
    while waiting:
        for item in waiting[-1]:
            run.charge(1)
            if is_list(item):
                waiting.append(iter(items_of(item)))  # type: ignore[arg-type]
                break
            found.append(item)
        else:
            waiting.pop()
    run.grow(len(found))
    return found


def sort(run: Run, value: object, order: object = "asc") -> list[object]:
    """``sort(list)`` or ``sort(list, "desc")``"""
    if not isinstance(order, str):
        raise Fault(f"sort order argument must be a string (got {go_type_of(order)})")
    if order not in ("asc", "desc"):
        raise Fault(f"invalid order {order}, expected asc or desc")
    if type(value) not in (list, IntList, StringList):
        return NilList()
    items: Any = value
    run.grow(len(items))
    run.charge(len(items) * 8)
    return sorted_by(items, key=lambda item: item, descending=order == "desc")


LIST_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "len": len_of,
    "first": first,
    "last": last,
    "get": get,
    "take": take,
    "keys": keys,
    "values": values,
    "toPairs": to_pairs,
    "fromPairs": from_pairs,
    "reverse": reverse,
    "uniq": uniq,
    "concat": concat,
    "flatten": flatten,
    "sort": sort,
}
