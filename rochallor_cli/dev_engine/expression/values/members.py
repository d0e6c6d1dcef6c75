"""Looking into values: members, indices, slices, ``in``, lengths."""

from __future__ import annotations

from typing import Any

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.values.formatting import value_text
from rochallor_cli.dev_engine.expression.values.methods import method_of
from rochallor_cli.dev_engine.expression.values.operators import equal, not_a, to_int
from rochallor_cli.dev_engine.expression.values.strings import bytes_of, text_of
from rochallor_cli.dev_engine.expression.values.times import Location, Time
from rochallor_cli.dev_engine.expression.values.values import (
    AnyMap,
    Byte,
    Groups,
    IntList,
    PairList,
    StringList,
    go_type_of,
    hashable,
    items_of,
)

_LISTS_THAT_KEEP_THEIR_TYPE = (IntList, StringList, PairList)


def fetch(owner: object, key: object) -> object:
    """``owner.key`` and ``owner[key]``. A map without the key answers nil; a list has to have the index."""
    if type(owner) is dict:
        return owner.get(map_key(owner, key))
    if owner is not None and type(key) is str and (method := method_of(owner, key)):
        return method
    if isinstance(owner, str | list | bytes):
        return _item(owner, to_int(key))
    if isinstance(owner, dict):
        return owner.get(map_key(owner, key))
    if isinstance(owner, Time | Location) and type(key) is not str:
        raise not_a("string", key)
    raise Fault(f"cannot fetch {value_text(key)} from {go_type_of(owner)}")


def _item(owner: str | list[object] | bytes, index: int) -> object:
    values: Any = bytes_of(owner) if isinstance(owner, str) else owner
    length = len(values)
    position = length + index if index < 0 else index
    if not 0 <= position < length:
        raise Fault(f"index out of range: {position} (array length is {length})")
    return Byte(values[position]) if isinstance(values, bytes) else values[position]


def map_key(owner: dict[object, object], key: object) -> object:
    """The key as this map takes it: strings only, unless it was made by groupBy or fromPairs."""
    if isinstance(owner, AnyMap | Groups):
        return hashable(key)
    if type(key) is str:
        return key
    if key is None:
        return ""
    found = go_type_of(key)
    raise Fault(f"reflect.Value.MapIndex: value of type {found} is not assignable to type string")


def slice_of(owner: object, low: object, high: object) -> object:
    """``owner[low:high]``, bounds cut to what is there; strings are cut by bytes."""
    if not isinstance(owner, str | list | bytes):
        raise Fault(f"cannot slice {value_text(low)}")
    values: Any = bytes_of(owner) if isinstance(owner, str) else owner
    start, end = to_int(low), to_int(high)
    length = len(values)
    start = max(length + start, 0) if start < 0 else start
    end = max(length + end, 0) if end < 0 else min(end, length)
    found = values[min(start, end) : end]
    if isinstance(owner, str):
        return text_of(found)
    return type(owner)(found) if isinstance(owner, _LISTS_THAT_KEEP_THEIR_TYPE) else found


def is_in(needle: object, container: object) -> bool:
    """``needle in container``: an item of a list, a key of a map; nothing is in nil."""
    if container is None:
        return False
    if isinstance(container, list | bytes):
        return any(equal(item, needle) for item in items_of(container))
    if isinstance(container, frozenset):
        return map_key({}, needle) in container
    if isinstance(container, dict):
        return map_key(container, needle) in container
    if isinstance(container, Time | Location):
        if isinstance(needle, str):
            return False  # Go looks for a field of that name; a time shows none
        raise Fault(f"cannot use {go_type_of(needle)} as field name of {go_type_of(container)}")
    raise Fault(f'operator "in" not defined on {go_type_of(container)}')


def byte_length(value: object) -> int:
    """The upper bound of a slice that has none: bytes of a string, items of a list."""
    if isinstance(value, str):
        return len(bytes_of(value))
    if isinstance(value, list | bytes | dict):
        return len(value)
    raise Fault(f"invalid argument for len (type {go_type_of(value)})")


def length(value: object) -> int:
    """``len(value)``: characters of a string, items of a list or map."""
    return len(value) if isinstance(value, str) else byte_length(value)
