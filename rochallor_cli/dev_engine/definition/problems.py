"""What can be wrong with a definition, and where."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: where in the document, its code, "error" or "warning", and its text."""

    path: Path
    code: str
    severity: str
    text: str


def error(path: Path, code: str, text: str) -> Problem:
    return Problem(path, code, "error", text)


def warning(path: Path, code: str, text: str) -> Problem:
    return Problem(path, code, "warning", text)
