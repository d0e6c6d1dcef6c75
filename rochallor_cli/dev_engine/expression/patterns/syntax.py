"""Regular expressions as Go reads them (RE2): from text to a tree.

::

    alternatives = concatenation {"|" concatenation}
    concatenation = {atom [repeat]}
    atom   = "." | "^" | "$" | class | group | escape | character
    group  = "(" [flags ":" | "?:" | "?P<name>" | "?<name>"] alternatives ")" | "(?flags)"
    class  = "[" ["^"] {character | range | escape | "[:name:]"} "]"
    repeat = ("*" | "+" | "?" | "{n}" | "{n,}" | "{n,m}") ["?"]

No look-around and no back-references: RE2 has none, so a match takes time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.limits import MAX_DEPTH, MAX_PATTERN_LENGTH

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Character:
    """One character that passes a test."""

    test: Test


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place: ``^`` ``$`` (text), ``(`` ``)`` (line), ``b`` ``B`` (word boundary or none)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Concatenation:
    """One after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of them."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """So many times; ``most`` None is without end."""

    part: Pattern
    least: int
    most: int | None


Pattern = Character | Assertion | Concatenation | Alternatives | Repeat

_MOST_REPEATS: Final = 1_000
_REPEAT: Final = re.compile(r"(?:([*+?])|\{(\d+)(,(\d*))?\})\??", re.ASCII)
_SIMPLE_REPEATS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_GROUP_NAME: Final = re.compile(r"\?P?<(\w+)>")
_FLAGS: Final = re.compile(r"\?([imsU]*)(?:-([imsU]+))?([:)])")
_POSIX: Final = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "digit": "0-9",
    "cntrl": r"\x00-\x1f\x7f", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@[-`{-~",
    "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_PERL: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_CONTROLS: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SCRIPTS: Final = {
    "Latin": "LATIN", "Greek": "GREEK", "Cyrillic": "CYRILLIC", "Hebrew": "HEBREW", "Arabic": "ARABIC",
    "Thai": "THAI", "Hiragana": "HIRAGANA", "Katakana": "KATAKANA", "Han": "CJK UNIFIED", "Hangul": "HANGUL",
}  # fmt: skip
_CATEGORIES: Final = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "C",
        "Cc",
        "Cf",
        "Co",
    ]
)


def parse_pattern(text: str) -> Pattern:
    """The tree of a pattern. Raises ``Fault`` in Go's words."""
    if len(text) > MAX_PATTERN_LENGTH:
        raise Fault(f"error parsing regexp: the pattern is longer than {MAX_PATTERN_LENGTH} characters")
    return _PatternParser(text).whole()


@dataclass(frozen=True, slots=True)
class _Operator:
    """A repetition as it is written, and what it means."""

    text: str
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class _Flags:
    ignore_case: bool = False
    lines: bool = False
    dot_all: bool = False


def _fault(reason: str, text: str) -> Fault:
    return Fault(f"error parsing regexp: {reason}: `{text}`")


class _PatternParser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flags = _Flags()
        self.depth = 0

    def whole(self) -> Pattern:
        found = self._alternatives()
        if self.at < len(self.text):
            raise _fault("unexpected )", self.text)
        return found

    def _alternatives(self) -> Pattern:
        parts = [self._concatenation()]
        while self.text.startswith("|", self.at):
            self.at += 1
            parts.append(self._concatenation())
        return parts[0] if len(parts) == 1 else Alternatives(tuple(parts))

    def _concatenation(self) -> Pattern:
        parts: list[Pattern] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if operator := self._operator_ahead():
                raise _fault("missing argument to repetition operator", operator.text)
            parts.extend(self._atoms())
            if parts and (operator := self._operator_ahead()):
                parts[-1] = self._repeated(parts[-1], operator)
        return parts[0] if len(parts) == 1 else Concatenation(tuple(parts))

    # --- repetition --------------------------------------------------------------------------------

    def _operator_ahead(self) -> _Operator | None:
        """The repetition that follows, a ``?`` behind it included: which match is preferred does not matter."""
        found = _REPEAT.match(self.text, self.at)
        if not found:
            return None
        if found[1]:
            return _Operator(found[0], *_SIMPLE_REPEATS[found[1]])
        least = int(found[2][:9])
        most = least if found[3] is None else int(found[4][:9]) if found[4] else None
        if least > _MOST_REPEATS or (most is not None and not least <= most <= _MOST_REPEATS):
            raise _fault("invalid repeat count", found[0].removesuffix("?"))
        return _Operator(found[0], least, most)

    def _repeated(self, atom: Pattern, operator: _Operator) -> Pattern:
        self.at += len(operator.text)
        if second := self._operator_ahead():
            raise _fault("invalid nested repetition operator", operator.text + second.text)
        return Repeat(atom, operator.least, operator.most)

    # --- atoms -------------------------------------------------------------------------------------

    def _atoms(self) -> list[Pattern]:
        """The next atom: none for ``(?flags)``, several for ``\\Qtext\\E``."""
        if self.text.startswith("\\Q", self.at):
            end = self.text.find("\\E", self.at + 2)
            quoted = self.text[self.at + 2 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.text)
            return list(map(self._literal, quoted))
        found = self._group() if self.text[self.at] == "(" else self._atom()
        return [] if found is None else [found]

    def _atom(self) -> Pattern:
        character = self.text[self.at]
        if character == "\\":
            return self._escape_atom()
        self.at += 1
        if character == "[":
            return Character(self._folded(self._class()))
        if character == ".":
            return Character((lambda _: True) if self.flags.dot_all else (lambda found: found != "\n"))
        if character == "^":
            return Assertion("(" if self.flags.lines else "^")
        if character == "$":
            return Assertion(")" if self.flags.lines else "$")
        return self._literal(character)

    def _literal(self, character: str) -> Pattern:
        return Character(self._folded(lambda found: found == character))

    def _folded(self, test: Test) -> Test:
        if not self.flags.ignore_case:
            return test
        return lambda found: test(found) or test(found.lower()) or test(found.upper())

    def _group(self) -> Pattern | None:
        start = self.at
        self.at += 1
        if self.text.startswith("?", self.at):
            outer = self.flags
            if self._group_head(start):
                return None
            return self._group_body(outer)
        return self._group_body(self.flags)

    def _group_head(self, start: int) -> bool:
        """Read what follows ``(?``; the answer is whether it was only ``(?flags)``."""
        if found := _GROUP_NAME.match(self.text, self.at):
            self.at = found.end()
            return False
        found = _FLAGS.match(self.text, self.at)
        if not found:
            raise _fault("invalid or unsupported Perl syntax", self.text[start : start + 3])
        on, off = found[1], found[2] or ""
        self.flags = replace(
            self.flags,
            ignore_case=("i" in on or self.flags.ignore_case) and "i" not in off,
            lines=("m" in on or self.flags.lines) and "m" not in off,
            dot_all=("s" in on or self.flags.dot_all) and "s" not in off,
        )
        self.at = found.end()
        return found[3] == ")"

    def _group_body(self, outer: _Flags) -> Pattern:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _fault("expression nests too deeply", self.text)
        found = self._alternatives()
        if not self.text.startswith(")", self.at):
            raise _fault("missing closing )", self.text)
        self.at += 1
        self.depth -= 1
        self.flags = outer
        return found

    # --- escapes -----------------------------------------------------------------------------------

    def _escape_atom(self) -> Pattern:
        kind = self.text[self.at + 1 : self.at + 2]
        if kind and kind in "AzbB":
            self.at += 2
            return Assertion({"A": "^", "z": "$"}.get(kind, kind))
        if kind == "C":
            self.at += 2
            return Character(lambda _: True)
        return Character(self._folded(self._escape()))

    def _escape(self) -> Test:
        """An escape that stands for one character, inside a class or outside."""
        start = self.at
        kind = self.text[start + 1 : start + 2]
        self.at += 2
        if not kind:
            raise _fault("trailing backslash at end of expression", "")
        if kind.lower() in _PERL:
            return _negated(_one_of(_PERL[kind.lower()]), negate=kind.isupper())
        if kind in "pP":
            return self._property(start, negate=kind == "P")
        character = self._escaped_character(start, kind)
        return lambda found: found == character

    def _escaped_character(self, start: int, kind: str) -> str:
        if kind in _CONTROLS:
            return _CONTROLS[kind]
        if found := re.compile(
            r"\\(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|(0[0-7]{0,2}|[1-7][0-7]{1,2}))"
        ).match(self.text, start):
            self.at = found.end()
            code = int(found[3], 8) if found[3] else int(found[1] or found[2], 16)
            if code <= 0x10FFFF:
                return chr(code)
        elif ord(kind) < 0x80 and not kind.isalnum():
            return kind
        raise _fault("invalid escape sequence", self.text[start : start + 2])

    def _property(self, start: int, *, negate: bool) -> Test:
        found = re.compile(r"\{(\^?)(\w+)\}|(\w)").match(self.text, self.at)
        name = (found[2] or found[3]) if found else ""
        known = name in _CATEGORIES or name in _SCRIPTS or name == "Any"
        if found:
            self.at = found.end()
        if not known:
            raise _fault("invalid character class range", self.text[start : self.at])
        assert found is not None, "a known name was found"
        return _negated(_has_property(name), negate=negate != bool(found[1]))

    # --- classes -----------------------------------------------------------------------------------

    def _class(self) -> Test:
        start = self.at - 1
        negate = self.text.startswith("^", self.at)
        self.at += negate
        tests: list[Test] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise _fault("missing closing ]", self.text[start:])
            tests.append(self._class_item())
            first = False
        self.at += 1
        fold = self.flags.ignore_case
        return _negated(_any_of(tests, fold=fold), negate=negate)

    def _class_item(self) -> Test:
        if found := re.compile(r"\[:(\^?)(\w+):\]").match(self.text, self.at):
            if found[2] not in _POSIX:
                raise _fault("invalid character class range", found[0])
            self.at = found.end()
            return _negated(_one_of(_POSIX[found[2]]), negate=bool(found[1]))
        start = self.at
        if self.text[start] == "\\" and self.text[start + 1 : start + 2].lower() in ("d", "w", "s", "p"):
            return self._escape()
        low = self._class_character()
        if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            high = self._class_character()
            if high < low:
                raise _fault("invalid character class range", self.text[start : self.at])
            return lambda found: low <= found <= high
        return lambda found: found == low

    def _class_character(self) -> str:
        start = self.at
        if self.text[start] != "\\":
            self.at += 1
            return self.text[start]
        kind = self.text[start + 1 : start + 2]
        self.at += 2
        if not kind:
            raise _fault("trailing backslash at end of expression", "")
        return self._escaped_character(start, kind)


def _negated(test: Test, *, negate: bool) -> Test:
    return (lambda found: not test(found)) if negate else test


def _one_of(ranges: str) -> Test:
    return lambda found: re.fullmatch(f"[{ranges}]", found) is not None


def _any_of(tests: list[Test], *, fold: bool) -> Test:
    def test(found: str) -> bool:
        forms = {found, found.lower(), found.upper()} if fold else {found}
        return any(one(form) for form in forms for one in tests)

    return test


def _has_property(name: str) -> Test:
    if name == "Any":
        return lambda _: True
    if name in _SCRIPTS:
        return lambda found: unicodedata.name(found, "").startswith(_SCRIPTS[name])
    return lambda found: unicodedata.category(found).startswith(name)
