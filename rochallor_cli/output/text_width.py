"""Text as a terminal sees it: cells instead of characters, and nothing that could move the cursor."""

from __future__ import annotations

import unicodedata

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))}
_CONTROL |= {ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}
_CONTROL |= {
    code: f"\\u{code:04x}"
    for code in (0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
# Whatever of it stands in a text, a terminal may obey.
CONTROL_CHARACTERS = frozenset(map(chr, _CONTROL))
_WITHIN_JSON = {code: f"\\u{code:04x}" for code in _CONTROL if code >= 0x7F}


def harmless(text: str) -> str:
    """One line without control characters: they come from variables and messages of others."""
    # Asking is some fifty times quicker than translating, and most texts hold none.
    return text if text.isprintable() else text.translate(_CONTROL)


def harmless_lines(text: str) -> str:
    """As `harmless`, for text of several lines."""
    return "\n".join(harmless(line.expandtabs()) for line in text.split("\n"))


def harmless_json(text: str) -> str:
    """JSON of the same value without characters that a terminal obeys; JSON's own rules escape the lowest ones."""
    return text.translate(_WITHIN_JSON)


def shell_command(*words: str) -> str:
    """A command to copy: each word is one word to the shell, whatever is in it."""
    import shlex

    return harmless(shlex.join(words))


def cells(text: str) -> int:
    """How many cells a terminal gives to a text."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitted(text: str, width: int) -> str:
    """The text in at most `width` cells, an ellipsis where something was left out."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _cells_of(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text with blanks up to `width` cells."""
    blanks = " " * max(width - cells(text), 0)
    return blanks + text if right else text + blanks
