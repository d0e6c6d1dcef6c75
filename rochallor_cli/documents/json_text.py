"""JSON, strictly, with positions."""

from __future__ import annotations

import json
import math
from typing import Any

from rochallor_cli.documents.document import Document, DocumentPath, Position, refuse_twice
from rochallor_cli.errors import UnreadableTextError, UsageError


def load_json(text: str) -> Any:
    """A JSON value, strictly: no NaN, no number that no double can hold. Raises ValueError."""
    return json.loads(text, parse_constant=_refuse_constant, parse_float=finite)


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def finite(text: str) -> float:
    """A number that a double can hold. Raises ValueError."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def typed_object(text: str, *, place: str = "", hint: str) -> dict[str, Any]:
    """The variables that somebody has typed as one JSON object; none for nothing. Raises UsageError.

    place: where they were typed, for the error; hint: how they are written there.
    """
    if not text.strip():
        return {}
    before = f"{place}: " if place else ""
    try:
        value = load_json(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{before}the variables are no JSON: {error}", hint=hint) from error
    if not isinstance(value, dict):
        raise UsageError(f"{before}variables are one object", hint=hint)
    return value


def parse_json(text: str, *, source: str) -> Document:
    """A JSON text with positions. Raises UnreadableTextError."""
    try:
        load_json(text)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        # Python 3.13 and later name the comma, earlier ones what comes after it.
        is_comma = "trailing comma" in message or text[: error.pos].rstrip().endswith(",")
        hint = "a comma too many?" if is_comma else None
        raise UnreadableTextError(
            source, message, line=error.lineno, column=error.colno, hint=hint
        ) from error
    except ValueError as error:
        raise UnreadableTextError(source, str(error)) from error
    walk = _JsonWalk(text, source)
    value, _ = walk.value(walk.blank(0), ())
    return Document(source, value, walk.positions, walk.keys)


class _JsonWalk:
    """Reads a text that is known to be JSON once more, for positions and keys given twice."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.positions: dict[DocumentPath, Position] = {}
        self.keys: dict[DocumentPath, Position] = {}
        self._scalar = json.JSONDecoder().raw_decode
        self._lines = [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]

    def blank(self, index: int) -> int:
        while index < len(self.text) and self.text[index] in " \t\r\n":
            index += 1
        return index

    def place(self, index: int) -> Position:
        from bisect import bisect_right

        line = bisect_right(self._lines, index)
        return Position(line, index - self._lines[line - 1] + 1)

    def value(self, index: int, path: DocumentPath) -> tuple[Any, int]:
        self.positions[path] = self.place(index)
        if self.text[index] == "{":
            return self._object(index, path)
        if self.text[index] == "[":
            return self._array(index, path)
        return self._scalar(self.text, index)

    def _object(self, index: int, path: DocumentPath) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        index = self.blank(index + 1)
        while self.text[index] != "}":
            place = self.place(index)
            key, index = self._scalar(self.text, index)
            refuse_twice(key, found, first=self.keys.get((*path, key)), place=place, source=self.source)
            self.keys[(*path, key)] = place
            index = self.blank(self.blank(index) + 1)
            found[key], index = self.value(index, (*path, key))
            index = self._after_comma(index)
        return found, index + 1

    def _array(self, index: int, path: DocumentPath) -> tuple[list[Any], int]:
        found: list[Any] = []
        index = self.blank(index + 1)
        while self.text[index] != "]":
            item, index = self.value(index, (*path, len(found)))
            found.append(item)
            index = self._after_comma(index)
        return found, index + 1

    def _after_comma(self, index: int) -> int:
        index = self.blank(index)
        return self.blank(index + 1) if self.text[index] == "," else index
