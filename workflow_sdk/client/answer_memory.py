"""What the values of a JSON text take in memory, found without reading it: three bytes may become seventy."""

from __future__ import annotations

import re

# Of one answer: its bytes, its text, its values, and what is written of them. The rest of a command has some 50 MB.
MOST_BYTES = 330 * 1000 * 1000
# A place in a list, with what lists reserve; an empty list or object, the first entries of one, a text, a number.
_PLACE, _CONTAINER, _ENTRIES, _TEXT, _NUMBER = 9, 64, 120, 56, 32
# A text, a bracket, or a number that is none of the small ones, which there are once. Possessive: nothing is looked
# at twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{:]|-?\d[\d.eE+-]{2,}+', re.DOTALL)


def takes_too_much(body: bytes) -> bool:
    """Whether reading the text would take more than `MOST_BYTES`."""
    if len(body) < MOST_BYTES // 100:
        return False
    left = MOST_BYTES - _bytes_of_texts(body)
    places = body.count(b",") + body.count(b":")
    containers = body.count(b"{") + body.count(b"[")
    # As if each value were a text or a number; commas and brackets in texts count as well.
    if places * (_PLACE + _TEXT) + containers * (_CONTAINER + _ENTRIES) <= left:
        return False
    return _exceeds(body, left)


def _bytes_of_texts(body: bytes) -> int:
    """As they came, as one text, as texts, and as lines that are written.

    One character beyond Latin-1 makes all of them wider.
    """
    width = 1
    if not body.isascii():
        highest = max(body)
        width = 4 if highest >= 0xF0 else 2 if highest >= 0xC4 else 1
    return len(body) * (2 + 5 * width)


def _exceeds(body: bytes, left: int) -> bool:
    """The same, value for value, up to where it is known."""
    left -= body.count(b",") * _PLACE
    for token in _TOKEN.finditer(body):
        mark = body[token.start()]
        if mark == 0x22:  # a quote
            left += body.count(b",", token.start(), token.end()) * _PLACE - _TEXT
        elif mark in b"[{":
            left -= _CONTAINER
        else:
            left -= _NUMBER if mark != 0x3A else _ENTRIES // 4
        if left < 0:
            return True
    return False
