"""From text to tokens.

A token is an identifier, a number, a string, bytes (``b"…"``), an operator, a bracket or the end.
Operators that are words (``in``, ``not``, ``matches`` …) are operator tokens, so they can never name a
variable. Blanks and comments (``// …`` and ``/* … */``) separate tokens and are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.values.strings import BLANKS, bytes_value, scan_string, string_value
from rochallor_cli.dev_engine.go_text import quoted


class Kind(StrEnum):
    """The kinds, spelt as messages show them."""

    IDENTIFIER = "Identifier"
    NUMBER = "Number"
    STRING = "String"
    BYTES = "Bytes"
    OPERATOR = "Operator"
    BRACKET = "Bracket"
    END = "EOF"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source: what it is, what it says (strings unquoted) and where it begins."""

    kind: Kind
    value: str
    at: int

    def __str__(self) -> str:
        return f"{self.kind}({quoted(self.value)})" if self.value else str(self.kind)

    def is_operator(self, *values: str) -> bool:
        """Whether this is an operator, one of the named if any are named."""
        return self.kind is Kind.OPERATOR and (not values or self.value in values)

    def is_bracket(self, value: str) -> bool:
        """Whether this is this bracket."""
        return self.kind is Kind.BRACKET and self.value == value


WORD_OPERATORS: Final = frozenset(
    {"not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"}
)
NEGATABLE: Final = frozenset({"in", "matches", "contains", "startsWith", "endsWith"})

_BLANKS: Final = re.compile(f"[{BLANKS}]+")
_LINE_COMMENT: Final = re.compile(r"//[^\n]*\n?")
_BLOCK_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
# Longest first. `&` and `!` take any of the second characters, as the library's tokenizer does.
_OPERATOR: Final = re.compile(r"\?\.|\?\?|\?|\|\||\||::|:|\.\.|\.|##|[&!=*<>][&=*]|[&!=*<>]|[/#,;%+\-^]")
_NUMBER: Final = re.compile(
    r"(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)"
    r"(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?"
)
_RAW_STRING: Final = re.compile(r"`((?:[^`]|``)*)`")


def is_word_character(character: str) -> bool:
    """Letters and decimal digits of any script, ``_`` and ``$``."""
    if character.isascii():
        return character.isalnum() or character in "_$"
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")


class Tokenizer:
    """Hands out one token after the other, so that a fault in the text is met only when it is reached."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self._name_follows = False

    def next(self) -> Token:
        """The next token, at last the end. Raises ``SyntaxFault`` at a character that fits nowhere."""
        if self._name_follows:
            self._name_follows = False
            start = self.at
            if name := self._take_word():
                return Token(Kind.IDENTIFIER, name, start)
        if self._skip_blanks() >= len(self.source):
            return Token(Kind.END, "", max(self.at - 1, 0))
        return self._token(self.at, self.source[self.at])

    def _skip_blanks(self) -> int:
        while True:
            found = _BLANKS.match(self.source, self.at) or _LINE_COMMENT.match(self.source, self.at)
            if not found and self.source.startswith("/*", self.at):
                found = _BLOCK_COMMENT.match(self.source, self.at)
                if not found:
                    raise SyntaxFault("unclosed comment", len(self.source))
            if not found:
                return self.at
            self.at = found.end()

    def _token(self, start: int, character: str) -> Token:
        following = self.source[start + 1 : start + 2]
        if character in "'\"":
            return self._string(Kind.STRING, start)
        if character == "`":
            return self._raw_string(start)
        if character in "bB" and following in ("'", '"'):
            return self._string(Kind.BYTES, start + 1)
        if character in "0123456789" or (character == "." and following in tuple("0123456789")):
            return self._number(start)
        if is_word_character(character):
            word = self._take_word()
            return Token(Kind.OPERATOR if word in WORD_OPERATORS else Kind.IDENTIFIER, word, start)
        if character in "()[]{}":
            self.at += 1
            return Token(Kind.BRACKET, character, start)
        return self._operator(start)

    def _string(self, kind: Kind, quote_at: int) -> Token:
        start = self.at
        self.at = scan_string(self.source, quote_at)
        text = self.source[quote_at : self.at]
        value = string_value(text, self.at - 1) if kind is Kind.STRING else bytes_value(text, self.at - 1)
        return Token(kind, value, start)

    def _raw_string(self, start: int) -> Token:
        found = _RAW_STRING.match(self.source, start)
        if not found:
            raise SyntaxFault("literal not terminated", len(self.source))
        self.at = found.end()
        return Token(Kind.STRING, found[1].replace("``", "`"), start)

    def _number(self, start: int) -> Token:
        found = _NUMBER.match(self.source, start + (self.source[start] == "."))
        assert found is not None, "the pattern matches the empty text"
        self.at = found.end()
        if self.at < len(self.source) and is_word_character(self.source[self.at]):
            text = self.source[start : self.at + 1]
            raise SyntaxFault(f"bad number syntax: {quoted(text)}", self.at)
        return Token(Kind.NUMBER, self.source[start : self.at], start)

    def _take_word(self) -> str:
        start = self.at
        while self.at < len(self.source) and is_word_character(self.source[self.at]):
            self.at += 1
        return self.source[start : self.at]

    def _operator(self, start: int) -> Token:
        found = _OPERATOR.match(self.source, start)
        if not found:
            character = self.source[start]
            shown = f" '{character}'" if character.isprintable() else ""
            raise SyntaxFault(f"unrecognized character: U+{ord(character):04X}{shown}", start)
        self.at = found.end()
        # The word right behind `#` is a name, even a word of the language or one that begins with a digit.
        self._name_follows = found[0].startswith("#")
        return Token(Kind.OPERATOR, found[0], start)
