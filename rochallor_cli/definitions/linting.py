"""Checking definitions offline: the embedded engine's rules, with places, and what only several files show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rochallor_cli.counting import count_text
from rochallor_cli.definitions.problem_codes import (
    EMPTIED,
    NO_HANDLER,
    NO_SUCH_STEP,
    NO_SUCH_TYPE,
    PROBLEM_CODES,
    SHAPE,
    UNREADABLE,
)
from rochallor_cli.definitions.shape import misfits
from rochallor_cli.dev_engine import check
from rochallor_cli.documents.document import QUOTE_HINT, Document, DocumentPath
from rochallor_cli.errors import InvalidDocumentError, UsageError, did_you_mean

STEP_TYPES = (
    "SERVICE_TASK",
    "USER_TASK",
    "DECISION",
    "DECISION_TABLE",
    "TRANSFORMATION",
    "WAIT",
    "PARALLEL_GATEWAY",
    "JOIN_GATEWAY",
    "END",
)


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
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.text}"

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


def lint_documents(
    documents: Sequence[Document], *, served: set[str] | None = None, disabled: Sequence[str] = ()
) -> list[DocumentFinding]:
    """All findings, by document and place. `served` are the job types that handlers exist for, None if unknown."""
    ids = {str(_fields(document).get("id")) for document in documents}
    found: list[DocumentFinding] = []
    for document in documents:
        off = {*disabled, *_disabled_within(document)}
        findings = [
            *(finding for _, finding in _checked(document, known_ids=ids if len(documents) > 1 else None)),
            *_emptied(document),
            *(_unserved(document, served) if served is not None else ()),
        ]
        kept = [finding for finding in findings if finding.code not in off]
        found += sorted(kept, key=lambda finding: (finding.line, finding.column, finding.code))
    return found


def unreadable_finding(error: InvalidDocumentError) -> DocumentFinding:
    """The finding for a file that cannot be read; its message begins with the place."""
    place = re.fullmatch(r"(.*?):(\d+)(?::(\d+))?: (.*)", error.message, re.DOTALL)
    text = place[4] if place else error.message
    text += f" ({error.hint})" if error.hint else ""
    if place is None:
        return DocumentFinding(error.message.partition(":")[0], 1, 1, UNREADABLE, "error", text, ())
    return DocumentFinding(place[1], int(place[2]), int(place[3] or 1), UNREADABLE, "error", text, ())


def as_github(finding: DocumentFinding) -> str:
    """A workflow command of GitHub's CI: the finding beside the line in a pull request."""
    place = f"file={_property(finding.file)},line={finding.line},col={finding.column}"
    text = finding.text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{finding.severity} {place},title={finding.code}::{text}"


def _property(text: str) -> str:
    return text.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")


def summary(found: Sequence[DocumentFinding]) -> str:
    """`1 error, 2 warnings. rochallor defs lint --explain W301 says more.`"""
    if not found:
        return "no problems"
    errors = sum(finding.severity == "error" for finding in found)
    warnings = len(found) - errors
    parts = [count_text(count, word) for count, word in ((errors, "error"), (warnings, "warning"))]
    more = f" `rochallor defs lint --explain {found[0].code}` says more."
    return ", ".join(part for part in parts if not part.startswith("0 ")) + "." + more


def explanation(code: str) -> str:
    """Why a code matters, and what to do."""
    entry = PROBLEM_CODES.get(code.upper())
    if entry is None:
        raise UsageError(f"no code {code!r}", hint=did_you_mean(code.upper(), sorted(PROBLEM_CODES)))
    return f"{entry.code}: {entry.title}\n{entry.why}\n{entry.instead}"


def _fields(document: Document) -> Mapping[str, Any]:
    return document.value if isinstance(document.value, Mapping) else {}


def _disabled_within(document: Document) -> list[str]:
    metadata = _fields(document).get("metadata")
    listed = metadata.get("lintDisable") if isinstance(metadata, Mapping) else None
    return [str(code) for code in listed] if isinstance(listed, list) else []


def _finding(document: Document, path: DocumentPath, code: str, severity: str, text: str) -> DocumentFinding:
    line, column = document.position(path)
    return DocumentFinding(document.source, line, column, code, severity, text, path)


def _checked(
    document: Document, *, known_ids: set[str] | None = None
) -> Iterator[tuple[str, DocumentFinding]]:
    """The embedded engine's words and the finding; of a wrong shape, which it cannot place, ours instead.

    `known_ids`: where to look next workflows up; None where other definitions are not known.
    """
    for problem in check(document.value, known_ids=known_ids):
        shaped = list(_misshapen(document)) if problem.code == SHAPE else []
        text = problem.text + _nearest(document, problem.path, problem.code)
        found = shaped or [_finding(document, problem.path, problem.code, problem.severity, text)]
        yield from ((problem.text, finding) for finding in found)


def _nearest(document: Document, path: DocumentPath, code: str) -> str:
    """` (did you mean approve?)` where a step or a type of step is named that is not there."""
    if code == NO_SUCH_STEP:
        known: Sequence[str] = [str(step.get("id")) for _, step in _steps(document)]
    elif code == NO_SUCH_TYPE:
        known = STEP_TYPES
    else:
        return ""
    named = document.value
    for part in path:
        named = named[part]
    near = did_you_mean(str(named), known)
    return f" ({near})" if near else ""


def _misshapen(document: Document) -> Iterator[DocumentFinding]:
    for path, of_key, text in misfits(document.value):
        line, column = document.position(path, of_key=of_key)
        yield DocumentFinding(document.source, line, column, SHAPE, "error", text, path)


def located(document: Document, problems: Sequence[str]) -> list[str]:
    """An engine's complaints about a document, each with its place as far as the same is found offline."""
    places = dict(_checked(document))
    shapes = [_placed(finding) for _, finding in _checked(document) if finding.code == SHAPE]
    lines = []
    for problem in problems:
        finding = places.get(problem)
        lines.append(f"{document.source}: {problem}" if finding is None else _placed(finding))
    return shapes if shapes and len(problems) == 1 else lines


def _placed(finding: DocumentFinding) -> str:
    return f"{finding.file}:{finding.line}:{finding.column}: {finding.text}"


def _emptied(document: Document) -> Iterator[DocumentFinding]:
    for path in sorted(document.emptied, key=str):
        yield _finding(document, path, EMPTIED, "warning", f"{path[-1]} is empty: {QUOTE_HINT}")


def _steps(document: Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    steps = _fields(document).get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, Mapping):
            yield index, step


def _unserved(document: Document, served: set[str]) -> Iterator[DocumentFinding]:
    for index, step in _steps(document):
        job_type = step.get("jobType")
        if step.get("type") == "SERVICE_TASK" and isinstance(job_type, str) and job_type not in served:
            near = did_you_mean(job_type, sorted(served))
            text = f'step "{step.get("id")}": no handler serves job type "{job_type}"' + (
                f" ({near})" if near else ""
            )
            yield _finding(document, ("steps", index, "jobType"), NO_HANDLER, "warning", text)
