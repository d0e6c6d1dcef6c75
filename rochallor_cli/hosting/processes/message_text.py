"""Frozen values as lines of JSON and back, by their types: whatever a dataclass holds passes the control pipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def line_of(message: Any) -> bytes:
    """One line: the message's type and its fields."""
    return json.dumps({type(message).__name__: _plain(message)}).encode() + b"\n"


def message_from(line: bytes, kinds: Mapping[str, type]) -> Any:
    """The inverse of `line_of` for messages of these types, by name; ValueError for anything else.

    Fields that are not known are left out and fields that are missing have their defaults: after an upgrade of the
    package a child started anew is newer than its supervisor.
    """
    try:
        ((name, plain),) = json.loads(line).items()
        return _value(kinds[name], plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a message: {line[:80]!r}") from error


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        # JSON's keys are texts; others go as pairs.
        if all(isinstance(key, str) for key in value):
            return {key: _plain(inner) for key, inner in value.items()}
        return [[_plain(key), _plain(inner)] for key, inner in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _value(kind: Any, plain: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        known = {name: plain[name] for name in _hints(kind) if name in plain}
        return kind(**{name: _value(_hints(kind)[name], inner) for name, inner in known.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        arms = [arm for arm in arguments if arm is not NoneType]
        return plain if plain is None or len(arms) != 1 else _value(arms[0], plain)
    if origin is list:
        return [_value(arguments[0], inner) for inner in plain]
    if origin is tuple:
        kinds = [arguments[0]] * len(plain) if arguments[-1] is ... else arguments
        return tuple(_value(inner, item) for inner, item in zip(kinds, plain, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        pairs = plain.items() if isinstance(plain, Mapping) else plain
        return {_value(arguments[0], key): _value(arguments[1], inner) for key, inner in pairs}
    return plain


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
