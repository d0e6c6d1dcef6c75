"""A document read: its value, and line and column of every part, so that a problem at a path has a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rochallor_cli.errors import UnreadableTextError

DocumentPath = tuple[str | int, ...]

QUOTE_HINT = "quote texts that start with #: everything after it is a comment"


class Position(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A value and where its parts stand. `emptied` are paths whose value a `#` turned into a comment.

    `ignored` are the problem codes that comments leave out, by line. `comments` are lines that hold nothing else.
    """

    source: str
    value: Any
    positions: Mapping[DocumentPath, Position] = field(default_factory=dict)
    keys: Mapping[DocumentPath, Position] = field(default_factory=dict)
    emptied: frozenset[DocumentPath] = frozenset()
    ignored: Mapping[int, frozenset[str]] = field(default_factory=dict)
    comments: Mapping[int, str] = field(default_factory=dict)

    def position(self, path: DocumentPath, *, of_key: bool = False) -> Position:
        """Where the value at a path stands (or its key); of a path that is not there, its nearest parent."""
        for length in range(len(path), -1, -1):
            part = path[:length]
            if of_key and part in self.keys:
                return self.keys[part]
            if part in self.positions:
                return self.positions[part]
        return Position(1, 1)

    def at(self, path: DocumentPath, *, of_key: bool = False) -> str:
        """`file:line:column` of a path."""
        line, column = self.position(path, of_key=of_key)
        return f"{self.source}:{line}:{column}"


def refuse_twice(
    key: str, found: Mapping[str, Any], *, first: Position | None, place: Position, source: str
) -> None:
    """A key given twice is an error: one of the two values would be lost without a word."""
    if key in found and first is not None:
        problem = f"duplicate key {key!r}, first on line {first.line}"
        raise UnreadableTextError(source, problem, line=place.line, column=place.column)
