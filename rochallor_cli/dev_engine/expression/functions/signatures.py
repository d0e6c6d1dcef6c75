"""What the functions of the language take and give, as far as it is known before evaluation.

A function is typed either by a list of overloads, of which one has to fit, or by a check of its own.
Both follow the expression library, whose messages name the last overload that did not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.go_types import GoType, function

_ITEM_TEST: Final = function(t.ANY, results=(t.BOOL,))
_ITEM_VALUE: Final = function(t.ANY, results=(t.ANY,))
_FOLD: Final = function(t.ANY, t.ANY, results=(t.ANY,))
_UNTYPED: Final = function(t.LIST, results=(t.ANY, t.ERROR), variadic=True)


def _of(result: GoType | tuple[GoType, ...], *parameters: GoType) -> GoType:
    return function(*parameters, results=result if isinstance(result, tuple) else (result,))


_TEXT: Final = (_of(t.STRING, t.STRING),)
_TWO_TEXTS: Final = _of(t.STRING, t.STRING, t.STRING)
_SPLITS: Final = (_of(t.STRING_LIST, t.STRING, t.STRING), _of(t.STRING_LIST, t.STRING, t.STRING, t.INT))
_TWO_BITS: Final = (_of(t.INT, t.INT, t.INT),)

OVERLOADS: Final[dict[str, tuple[GoType, ...]]] = {
    **dict.fromkeys(("all", "none", "any", "one"), (_of(t.BOOL, t.LIST, _ITEM_TEST),)),
    "filter": (_of(t.LIST, t.LIST, _ITEM_TEST),),
    "map": (_of(t.LIST, t.LIST, _ITEM_VALUE),),
    **dict.fromkeys(("find", "findLast"), (_of(t.ANY, t.LIST, _ITEM_TEST),)),
    **dict.fromkeys(("findIndex", "findLastIndex", "count", "sum"), (_of(t.INT, t.LIST, _ITEM_TEST),)),
    "groupBy": (_of(t.GROUPS, t.LIST, _ITEM_VALUE),),
    "sortBy": (_of(t.LIST, t.LIST, _ITEM_TEST, t.STRING),),
    "reduce": (_of(t.ANY, t.LIST, _FOLD, t.ANY),),
    "type": (_of(t.STRING, t.ANY),),
    "string": (_of(t.STRING, t.ANY),),
    "trim": (*_TEXT, _TWO_TEXTS),
    **dict.fromkeys(("trimPrefix", "trimSuffix"), (_TWO_TEXTS, *_TEXT)),
    **dict.fromkeys(("upper", "lower", "toBase64", "fromBase64"), _TEXT),
    **dict.fromkeys(("split", "splitAfter"), _SPLITS),
    "replace": (
        _of(t.STRING, t.STRING, t.STRING, t.STRING, t.INT),
        _of(t.STRING, t.STRING, t.STRING, t.STRING),
    ),
    "repeat": (_of(t.STRING, t.STRING, t.INT),),
    "join": (
        _of(t.STRING, t.STRING_LIST, t.STRING),
        _of(t.STRING, t.LIST, t.STRING),
        _of(t.STRING, t.LIST),
        _of(t.STRING, t.STRING_LIST, t.STRING),
        _of(t.STRING, t.STRING_LIST),
    ),
    **dict.fromkeys(("indexOf", "lastIndexOf"), (_of(t.INT, t.STRING, t.STRING),)),
    **dict.fromkeys(("hasPrefix", "hasSuffix"), (_of(t.BOOL, t.STRING, t.STRING),)),
    "toJSON": (_of(t.STRING, t.ANY),),
    "fromJSON": (_of(t.ANY, t.STRING),),
    "duration": (_of((t.DURATION, t.ERROR), t.STRING),),
    "timezone": (_of((t.LOCATION, t.ERROR), t.STRING),),
    "sort": (
        *(_of(t.LIST, items, t.STRING) for items in (t.LIST, t.INT_LIST, t.FLOAT_LIST, t.STRING_LIST)),
        *(_of(t.LIST, items) for items in (t.LIST, t.FLOAT_LIST, t.STRING_LIST, t.INT_LIST)),
    ),
    **dict.fromkeys(("bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr"), _TWO_BITS),
    "bitnot": (_of(t.INT, t.INT),),
}


def type_of_function(name: str) -> GoType:
    """What the bare name of a function is, where messages name it."""
    return OVERLOADS[name][0] if name in OVERLOADS else _UNTYPED


# --- checks of their own ---------------------------------------------------------------------------

_COUNTED: Final = ("slice", "array", "map", "string", "interface")
_LISTS: Final = ("slice", "array", "interface")
_NUMBERS: Final = ("int", "int64", "uint8", "float64")


def _kind(type_: GoType) -> str:
    return "interface" if type_.kind == "unknown" else type_.kind


def _name(type_: GoType) -> str:
    if type_.is_nil:
        return "%!s(<nil>)"  # Go's way to print that there is no type
    return t.ANY.name if type_.is_unknown else type_.name


def _one(arguments: list[GoType]) -> GoType:
    if len(arguments) != 1:
        raise Fault(f"invalid number of arguments (expected 1, got {len(arguments)})")
    return arguments[0]


def _takes(kinds: tuple[str, ...], message: str, result: GoType) -> Callable[[list[GoType]], GoType]:
    """A check for one argument of certain kinds; ``message`` stands before the type that is refused."""

    def check(arguments: list[GoType]) -> GoType:
        argument = _one(arguments)
        if _kind(argument) not in kinds:
            raise Fault(message.replace("@", _name(argument)))
        return result

    return check


def _abs(arguments: list[GoType]) -> GoType:
    argument = _one(arguments)
    if _kind(argument) not in (*_NUMBERS, "interface"):
        raise Fault(f"invalid argument for abs (type {_name(argument)})")
    return t.ANY if argument.is_unknown else argument


def _aggregate(name: str) -> Callable[[list[GoType]], GoType]:
    def check(arguments: list[GoType]) -> GoType:
        if not arguments:
            raise Fault(f"not enough arguments to call {name}")
        for argument in arguments:
            if _kind(argument) in _LISTS:
                return t.ANY
            if _kind(argument) not in _NUMBERS:
                raise Fault(f"invalid argument for {name} (type {_name(argument)})")
        return arguments[0]

    return check


def _end(name: str) -> Callable[[list[GoType]], GoType]:
    def check(arguments: list[GoType]) -> GoType:
        argument = _one(arguments)
        if argument.is_list:
            return _item_by_name(argument)
        if _kind(argument) != "interface":
            raise Fault(f"cannot get {name} element from {_name(argument)}")
        return t.ANY

    return check


def _item_by_name(list_: GoType) -> GoType:
    """What Go's type says of the items, which is less than what is known."""
    return t.ANY if list_.name == t.LIST.name else list_.item or t.ANY


def _take(arguments: list[GoType]) -> GoType:
    if len(arguments) != 2:
        raise Fault(f"invalid number of arguments (expected 2, got {len(arguments)})")
    items, amount = arguments
    if _kind(items) not in _LISTS:
        raise Fault(f"cannot take from {_name(items)}")
    if _kind(amount) not in ("int", "int64", "interface"):
        raise Fault(f"cannot take {_name(amount)} elements")
    return t.ANY if items.is_unknown else items


def _concat(arguments: list[GoType]) -> GoType:
    if not arguments:
        raise Fault("invalid number of arguments (expected at least 1, got 0)")
    for argument in arguments:
        if _kind(argument) not in _LISTS:
            raise Fault(f"cannot concat {_name(argument)}")
    return t.LIST


def _now(arguments: list[GoType]) -> GoType:
    if arguments and (len(arguments) > 1 or arguments[0].name != t.LOCATION.name):
        raise Fault(f"invalid number of arguments (expected 0, got {len(arguments)})")
    return t.TIME


def _date(arguments: list[GoType]) -> GoType:
    if not arguments:
        raise Fault("invalid number of arguments (expected at least 1, got 0)")
    rest = arguments[1:] if arguments[0].name == t.LOCATION.name else arguments
    if len(rest) > 3:
        raise Fault(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return t.TIME


CHECKS: Final[dict[str, Callable[[list[GoType]], GoType]]] = {
    "len": _takes(_COUNTED, "invalid argument for len (type @)", t.INT),
    "abs": _abs,
    **{
        name: _takes((*_NUMBERS, "interface"), f"invalid argument for {name} (type @)", t.FLOAT)
        for name in ("ceil", "floor", "round")
    },
    "int": _takes((*_NUMBERS, "string", "interface"), "invalid argument for int (type @)", t.INT),
    "float": _takes((*_NUMBERS, "string", "interface"), "invalid argument for float (type @)", t.FLOAT),
    **{name: _aggregate(name) for name in ("max", "min", "mean", "median")},
    "now": _now,
    "date": _date,
    "first": _end("first"),
    "last": _end("last"),
    "take": _take,
    "keys": _takes(("map", "interface"), "cannot get keys from @", t.LIST),
    "values": _takes(("map", "interface"), "cannot get values from @", t.LIST),
    "toPairs": _takes(("map", "interface"), "cannot transform @ to pairs", t.LIST),
    "fromPairs": _takes(_LISTS, "cannot transform @ from pairs", t.ANY_MAP),
    "reverse": _takes(_LISTS, "cannot reverse @", t.LIST),
    "uniq": _takes(_LISTS, "cannot uniq @", t.LIST),
    "concat": _concat,
    "flatten": _takes(_LISTS, "cannot flatten @", t.LIST),
}
