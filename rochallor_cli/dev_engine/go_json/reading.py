"""Read the first JSON value of a body into Python values whose numbers are what a double can hold."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NoReturn

from rochallor_cli.dev_engine.go_json.scanner import syntax_error

# Deeper documents are refused: Python's reader and writer recurse, and so do the walks through values,
# by two frames a level up to Python 3.11. (The engine stops at 10,000.)
MAX_DEPTH = 200

# Texts are taken whole, one without an end up to the end of all, and never gone back into. Matches are gone through
# one by one: a single call that finds them all would hold every other thread.
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_BRACKETS = re.compile(rf"{_TEXT}|[\[\]{{}}]", re.DOTALL)
_BEGINNINGS = re.compile(rf"{_TEXT}|[\[{{,]".encode(), re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_QUOTE = ord('"')
_EXACT_DIGITS = 15
_LONGEST_EXACT = 300
_EXACT_BELOW = 2.0**53


class JsonSyntaxError(Exception):
    """The bytes are not JSON; the text is the engine's."""


class NumberOutOfRange(Exception):  # noqa: N818 - named for the fact
    """A number that no double can hold; ``literal`` is how it was written."""

    def __init__(self, literal: str) -> None:
        super().__init__(literal)
        self.literal = literal


class Whole(int):
    """A whole number that was written with a fraction or an exponent (``2.0``, ``1e1``)."""

    __slots__ = ()


class WrittenNumber(str):
    """A number as it was written; only `read_literals` gives it."""

    __slots__ = ()


def read(body: bytes) -> object:
    """The first JSON value in the body; what follows it is not looked at.

    Whole numbers are ints with the value of the nearest double, others are floats.
    Raises JsonSyntaxError, and NumberOutOfRange for a number beyond the doubles.
    """
    return _read_with(_DECODER, body)


def read_stored(text: str) -> object:
    """A value out of what `write_stored` wrote of one that was read: nothing is to be looked for in it any more."""
    return _DECODER.raw_decode(text)[0]


def read_exact(body: bytes) -> object:
    """As `read`, but whole numbers keep all their digits: for what the engine stores as it was written."""
    return _read_with(_EXACT_DECODER, body)


def read_literals(body: bytes) -> object:
    """As `read`, but each number is a `WrittenNumber`. For error texts, which quote numbers as written."""
    return _read_with(_LITERAL_DECODER, body)


def _read_with(decoder: json.JSONDecoder, body: bytes) -> object:
    text = body.decode("utf-8", "replace")
    try:
        check_depth(text)
        start = _SPACE.match(text).end()  # type: ignore[union-attr]  # the pattern matches everywhere
        value, _ = decoder.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise JsonSyntaxError(syntax_error(body)) from error
    if "\\u" in text or "\\U" in text:
        return without_surrogates(value)
    return value


def check_depth(text: str) -> None:
    """Raise JsonSyntaxError for a JSON text that is nested too deeply."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0]
        if bracket in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonSyntaxError("exceeded max depth")
        elif bracket in "]}":
            depth -= 1


def holds_more_values(body: bytes, most: int) -> bool:
    """True for a JSON text with more than so many values, counted by what begins each: a bracket or a comma."""
    if body.count(b"[") + body.count(b"{") + body.count(b",") <= most:
        return False
    found = 0
    for match in _BEGINNINGS.finditer(body):
        if body[match.start()] != _QUOTE:
            found += 1
            if found > most:
                return True
    return False


def without_surrogates(value: object) -> object:
    """The value with every lone surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if type(value) is str else value
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return value


def holds_nul(value: object) -> bool:
    """True when a string or key in the value holds a NUL character, which the engine's database refuses."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return "\0" in "".join(value) or any(map(holds_nul, value.values()))
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return False


def _read_int(literal: str) -> int:
    if len(literal) <= _EXACT_DIGITS:
        return int(literal)
    return whole_number(_double(literal))


def _read_exact_int(literal: str) -> int:
    # Python refuses to read longer ones, and a double could not hold them.
    return int(literal) if len(literal) <= _LONGEST_EXACT else _read_int(literal)


def _read_float(literal: str) -> float | int:
    number = _double(literal)
    return Whole(whole_number(number)) if number.is_integer() else number


def whole_number(number: float) -> int:
    """A whole double as an int with the digits that Go writes for it: no more than tell it from its neighbours."""
    return int(number) if abs(number) < _EXACT_BELOW else int(Decimal(repr(number)))


def whole_as_int(value: object) -> object:
    """A JSON value with whole numbers as ints, as they are written."""
    if isinstance(value, float) and value.is_integer():
        return whole_number(value)
    if isinstance(value, dict):
        return {key: whole_as_int(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_as_int(item) for item in value]
    return value


def _double(literal: str) -> float:
    number = float(literal)
    if number in (float("inf"), float("-inf")):
        raise NumberOutOfRange(literal)
    return number


def _refuse_constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is no JSON")


_DECODER = json.JSONDecoder(parse_int=_read_int, parse_float=_read_float, parse_constant=_refuse_constant)
_EXACT_DECODER = json.JSONDecoder(
    parse_int=_read_exact_int, parse_float=_read_float, parse_constant=_refuse_constant
)
_LITERAL_DECODER = json.JSONDecoder(
    parse_int=WrittenNumber, parse_float=WrittenNumber, parse_constant=_refuse_constant
)
