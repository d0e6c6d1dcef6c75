"""Quoted strings: where they end and what they say.

Go's strings are bytes. Here a string is a ``str`` in which a byte that is no part of UTF-8 text stands as
a lone surrogate (Python's ``surrogateescape``); ``bytes_of`` and ``text_of`` go from one to the other.
"""

from __future__ import annotations

import re
from typing import Final

from rochallor_cli.dev_engine.expression.errors import SyntaxFault

# Go's white space, which unlike Python's leaves out the separators of U+001C to U+001F.
BLANKS: Final = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

_SIMPLE_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_HEX_LENGTHS: Final = {"x": 2, "X": 2, "u": 4, "U": 8}
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_LAST_CHARACTER: Final = 0x10FFFF
_REPLACEMENT: Final = "\ufffd"

# What may follow a backslash while looking for the closing quote (besides the quote itself).
_ESCAPE: Final = re.compile(
    r"[abfnrtv\\]|[0-7]{3}|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}"
)


def bytes_of(text: str) -> bytes:
    """The bytes of a Go string."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # A variable with half a surrogate pair: Go reads such JSON as U+FFFD.
        return re.sub("[\ud800-\udfff]", _REPLACEMENT, text).encode("utf-8")


def text_of(data: bytes) -> str:
    """The Go string of these bytes."""
    return data.decode("utf-8", "surrogateescape")


def scan_string(source: str, quote_at: int) -> int:
    """Where the string that opens at ``quote_at`` ends: the index behind its closing quote."""
    quote, at = source[quote_at], quote_at + 1
    while True:
        if at >= len(source) or source[at] == "\n":
            raise SyntaxFault("literal not terminated", at)
        if source[at] == quote:
            return at + 1
        at = _behind_escape(source, at + 1, quote) if source[at] == "\\" else at + 1


def _behind_escape(source: str, at: int, quote: str) -> int:
    if source.startswith(quote, at):
        return at + 1
    found = _ESCAPE.match(source, at)
    if not found:
        raise SyntaxFault("invalid char escape", at)
    return found.end()


def string_value(literal: str, at: int) -> str:
    """What a quoted literal says; ``at`` is where a fault in it is reported."""
    body = _body(literal)
    if "\\" not in body:
        return body
    parts, rest = [], body
    while rest:
        part, rest = _unescaped(rest, at)
        parts.append(part)
    return "".join(parts)


def bytes_value(literal: str, at: int) -> str:
    r"""What ``b"…"`` says, a character a byte: ``\x`` and octal escapes are bytes, ``\u`` is not allowed."""
    rest, data = _body(literal), bytearray()
    while rest:
        if rest[0] == "\\" and rest[1] in "uU":
            raise SyntaxFault("unable to unescape string", at)
        part, behind = _unescaped(rest, at)
        if rest[0] == "\\":
            if ord(part) > 0xFF:
                raise SyntaxFault("unable to unescape string", at)
            data.append(ord(part))
        else:
            data += bytes_of(part)
        rest = behind
    return data.decode("latin-1")


def _body(literal: str) -> str:
    return literal.replace("\r\n", "\n").replace("\r", "\n")[1:-1]


def _unescaped(text: str, at: int) -> tuple[str, str]:
    """The first character that ``text`` stands for, and the rest."""
    if text[0] != "\\":
        return text[0], text[1:]
    kind, rest = text[1], text[2:]
    if kind in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[kind], rest
    if kind == "u" and rest.startswith("{"):
        digits, _, rest = rest[1:].partition("}")
        return _character(digits, 16, at), rest
    if kind in _HEX_LENGTHS:
        length = _HEX_LENGTHS[kind]
        return _character(rest[:length], 16, at), rest[length:]
    if kind in "0123":
        return _character(kind + rest[:2], 8, at), rest[2:]
    raise SyntaxFault("unable to unescape string", at)


def _character(digits: str, base: int, at: int) -> str:
    code = int(digits, base)
    if code > _LAST_CHARACTER:
        raise SyntaxFault("unable to unescape string", at)
    return _REPLACEMENT if 0xD800 <= code <= 0xDFFF else chr(code)
