"""JSON as an engine writes it, for answers and jobs alike; and which names of a job can be sent back."""

from __future__ import annotations

import json
import re
import sys
from math import isfinite
from typing import Any, NoReturn
from urllib.parse import quote

from workflow_sdk.known_secrets import beginning

# Reading one of so many takes about a second.
MOST_DIGITS = 1_000_000
# What Go's JSON reads and writes, and so an engine; Python's own reader goes some hundred levels deep on 3.11.
MOST_LEVELS = 10_000
# Servers take lines of some 8,000 characters; an engine's ids have 26.
LONGEST_NAME = 2_000


def value_from_json(text: str | bytes, *, long_numbers: bool = True) -> Any:
    """The value, as far as an engine's JSON goes; ValueError for all else.

    Python by itself takes numbers that no engine holds (NaN, 1e999), and would write them into what is to be JSON. It
    refuses what is nested deeper than its stack, and whole numbers of more than 4,300 digits. `long_numbers` reads
    those, for values that are handed on and never written here.
    """
    if isinstance(text, bytes):
        # An object of any other encoding has a 0 there; to tell which one costs as much as to read a small answer.
        is_utf_8 = text[:1] == b"{" and text[1:2] != b"\0"
        text = text.decode("utf-8" if is_utf_8 else json.detect_encoding(text), "surrogatepass")
    try:
        return _READER.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        if not long_numbers:
            raise
        return _READER_OF_LONG_NUMBERS.decode(text)
    except RecursionError:
        return _DeepReader(text, _READER_OF_LONG_NUMBERS if long_numbers else _READER).value()


def unfit_name(name: str) -> str:
    """Why no URL can carry this name, in words; empty if one can. JSON may hold half of a surrogate pair."""
    if name.isascii() and len(name) * 3 <= LONGEST_NAME:
        return ""  # nearly always; quoting them to see how long they get would cost more than all else here
    try:
        length = len(quote(name, safe=""))
    except UnicodeEncodeError:
        return "is no text that UTF-8 can carry"
    return f"has {length} characters, more than a URL can carry" if length > LONGEST_NAME else ""


class _DeepReader:
    """Reads one value of JSON without a call for each level of it: what is open stands in a list."""

    _BLANK = re.compile(r"[ \t\n\r]*")

    def __init__(self, text: str, reader: json.JSONDecoder) -> None:
        self._text = text
        self._reader = reader
        self._at = 0
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str] = []

    def value(self) -> Any:
        """The whole text's value; a text may hold no more than that."""
        value, is_whole = self._begin()
        while self._open or not is_whole:
            value, is_whole = self._put(value) if is_whole else self._begin()
        if self._next():
            raise self._wrong("Extra data")
        return value

    def _begin(self) -> tuple[Any, bool]:
        """What begins here, and whether it has ended: not so an object or a list that holds something."""
        mark = self._next()
        if mark not in ("{", "["):
            value, self._at = self._reader.raw_decode(self._text, self._at)
            return value, True
        if len(self._open) >= MOST_LEVELS:
            raise ValueError(f"it is nested more than {MOST_LEVELS:,} levels deep")
        self._at += 1
        inner: dict[str, Any] | list[Any] = {} if mark == "{" else []
        if self._next() == ("}" if mark == "{" else "]"):
            self._at += 1
            return inner, True
        self._open.append(inner)
        if isinstance(inner, dict):
            self._keys.append(self._key())
        return inner, False

    def _put(self, value: Any) -> tuple[Any, bool]:
        """Put it into what is open; that, and whether it ends here."""
        here = self._open[-1]
        if isinstance(here, dict):
            here[self._keys.pop()] = value
        else:
            here.append(value)
        mark = self._next()
        self._at += 1
        if mark == ("}" if isinstance(here, dict) else "]"):
            return self._open.pop(), True
        if mark != ",":
            raise self._wrong("Expecting ',' delimiter")
        if isinstance(here, dict):
            self._keys.append(self._key())
        return here, False

    def _key(self) -> str:
        if self._next() != '"':
            raise self._wrong("Expecting property name enclosed in double quotes")
        key, self._at = self._reader.raw_decode(self._text, self._at)
        if self._next() != ":":
            raise self._wrong("Expecting ':' delimiter")
        self._at += 1
        return str(key)

    def _next(self) -> str:
        """The next character that is no blank; empty at the end."""
        blank = self._BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _wrong(self, what: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(what, self._text, min(self._at, len(self._text)))


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    if digits.startswith("-"):
        return -_whole_number(digits[1:])
    if len(digits) <= sys.int_info.str_digits_check_threshold:
        return int(digits)
    # In halves, since the time for the whole at once grows with the square of its length.
    low = digits[len(digits) // 2 :]
    scale: int = 10 ** len(low)
    return _whole_number(digits[: len(digits) // 2]) * scale + _whole_number(low)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{beginning(word, 50)} is no number that an engine holds")


_READER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)
# Apart: a call for each whole number would double what an answer costs.
_READER_OF_LONG_NUMBERS = json.JSONDecoder(
    parse_int=_whole_number, parse_float=_finite, parse_constant=_no_number
)
