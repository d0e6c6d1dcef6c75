"""The types that operators take and give, before evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.go_types import GoType, list_of

_Test = Callable[[GoType], bool]


def _is(type_: GoType) -> _Test:
    return lambda found: found.name == type_.name


def _number(found: GoType) -> bool:
    return found.is_number


def _integer(found: GoType) -> bool:
    return found.is_integer


def _text(found: GoType) -> bool:
    return found.kind == "string"


def _boolean(found: GoType) -> bool:
    return found.kind == "bool"


_time: Final = _is(t.TIME)
_duration: Final = _is(t.DURATION)


def _promoted(left: GoType, right: GoType) -> GoType:
    return t.FLOAT if t.FLOAT.name in (left.name, right.name) else t.INT


_Result = Callable[[GoType, GoType], GoType]


def _gives(type_: GoType) -> _Result:
    return lambda _left, _right: type_


_BOOL: Final = _gives(t.BOOL)
_FLOAT: Final = _gives(t.FLOAT)
_TIME: Final = _gives(t.TIME)
_DURATION: Final = _gives(t.DURATION)
_UNKNOWN: Final = _gives(t.UNKNOWN)

# An operator: the pairs of types it takes with what comes out, and what comes out where one or both are
# unknown and the other is one of these.
_Row = tuple[tuple[tuple[_Test, _Test, _Result], ...], tuple[_Test, ...], _Result]

_ORDER: Final[_Row] = (
    tuple((test, test, _BOOL) for test in (_number, _text, _time, _duration)),
    (_number, _text, _time, _duration),
    _BOOL,
)
_LOGIC: Final[_Row] = (((_boolean, _boolean, _BOOL),), (_boolean,), _BOOL)
_FRACTION: Final[_Row] = (((_number, _number, _FLOAT),), (_number,), _FLOAT)
_TEXT_TEST: Final[_Row] = (((_text, _text, _BOOL),), (_text,), _BOOL)

_ROWS: Final[dict[str, _Row]] = {
    **dict.fromkeys(("<", ">", "<=", ">="), _ORDER),
    **dict.fromkeys(("and", "or", "&&", "||"), _LOGIC),
    **dict.fromkeys(("/", "**", "^"), _FRACTION),
    **dict.fromkeys(("contains", "startsWith", "endsWith"), _TEXT_TEST),
    "matches": (((_text, _text, _BOOL), (_is(t.BYTES), _text, _BOOL)), (_text,), _BOOL),
    "+": (
        (
            (_number, _number, _promoted),
            (_text, _text, _gives(t.STRING)),
            (_time, _duration, _TIME),
            (_duration, _time, _TIME),
            (_duration, _duration, _DURATION),
        ),
        (_number, _text, _time, _duration),
        _UNKNOWN,
    ),
    "-": (
        (
            (_number, _number, _promoted),
            (_time, _time, _DURATION),
            (_time, _duration, _TIME),
            (_duration, _duration, _DURATION),
        ),
        (_number, _time, _duration),
        _UNKNOWN,
    ),
    "*": (
        (
            (_number, _number, _promoted),
            (_number, _duration, _DURATION),
            (_duration, _number, _DURATION),
            (_duration, _duration, _DURATION),
        ),
        (_number, _duration),
        _UNKNOWN,
    ),
    "%": (((_integer, _integer, _gives(t.INT)),), (_integer,), _gives(t.INT)),
    "..": (((_integer, _integer, _gives(list_of(t.INT))),), (_integer,), _gives(list_of(t.INT))),
}


def type_of_unary(operator: str, operand: GoType) -> GoType:
    """What ``!``, ``not``, ``-`` and ``+`` give. Raises ``Fault`` for an operand they do not take."""
    if operator in ("!", "not"):
        if operand.kind == "bool" or operand.is_unknown:
            return t.BOOL
    elif operand.is_number or operand.is_unknown:
        return t.UNKNOWN if operand.is_unknown else operand
    raise Fault(f"invalid operation: {operator} (mismatched type {operand.name})")


def type_of_binary(operator: str, left: GoType, right: GoType) -> GoType:
    """What an operator gives. Raises ``Fault`` for operands that do not go together."""
    if operator == "??":
        return _type_of_choice(left, right)
    if operator in ("==", "!="):
        found = t.BOOL if left.compares_with(right) else None
    elif operator == "in":
        found = _type_of_in(left, right)
    else:
        found = _type_of_row(_ROWS[operator], left, right)
    if found is None:
        raise Fault(f"invalid operation: {operator} (mismatched types {left.name} and {right.name})")
    return found


def _type_of_row(row: _Row, left: GoType, right: GoType) -> GoType | None:
    pairs, alone, otherwise = row
    for takes_left, takes_right, result in pairs:
        if takes_left(left) and takes_right(right):
            return result(left, right)
    known = [found for found in (left, right) if not found.is_unknown]
    fits = not known or (len(known) == 1 and any(test(known[0]) for test in alone))
    return otherwise(left, right) if fits else None


def _type_of_choice(left: GoType, right: GoType) -> GoType:
    if left.is_nil or right.is_nil:
        return right if left.is_nil else left
    return left if right.fits(left) else t.UNKNOWN


def _type_of_in(left: GoType, right: GoType) -> GoType | None:
    if right.kind == "map":
        key = right.key or t.ANY
        if not left.is_unknown and not left.fits(key):
            raise Fault(f"cannot use {left.name} as type {key.name} in map key")
        return t.BOOL
    if right.is_list:
        item = right.item or t.ANY
        if not left.compares_with(item):
            raise Fault(f"cannot use {left.name} as type {item.name} in array")
        return t.BOOL
    unknown_in_text = left.is_unknown and right.kind == "string"
    name_in_struct = right.kind == "struct" and (left.kind == "string" or left.is_unknown)
    return t.BOOL if right.is_unknown or unknown_in_text or name_in_struct else None
