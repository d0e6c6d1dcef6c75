"""One problem of a document, with its place in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rochallor_cli.definitions.problem_codes import PROBLEM_CODES
from rochallor_cli.documents.document import Document, DocumentPath


@dataclass(frozen=True)
class DocumentFinding:
    """One problem with its place in a file."""

    file: str
    line: int
    column: int
    code: str
    severity: str
    text: str
    path: DocumentPath

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.text}"

    @property
    def place(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def is_refusal(self) -> bool:
        """Whether the engine refuses the document for it."""
        return self.code.startswith("E")

    def as_row(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "text": self.text,
            "path": list(self.path),
        }


def finding_at(document: Document, path: DocumentPath, *, code: str, text: str) -> DocumentFinding:
    """A finding of the severity that its code has."""
    line, column = document.position(path)
    severity = PROBLEM_CODES[code].lint_severity
    return DocumentFinding(document.source, line, column, code, severity, text, path)


def fields_of(document: Document) -> Mapping[str, Any]:
    """The document's fields; none where it is no mapping."""
    return document.value if isinstance(document.value, Mapping) else {}


def steps_of(document: Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Its steps with their places, as far as they are mappings."""
    steps = fields_of(document).get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, Mapping):
            yield index, step
