"""Conditions that YAML takes for comments, since they begin with `#`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rochallor_cli.definitions.finding import DocumentFinding, steps_of
from rochallor_cli.definitions.problem_codes import EMPTIED, PROBLEM_CODES
from rochallor_cli.documents.document import QUOTE_HINT, Document

# `#amount > 100: approve`, and the same behind a further `# `, in quotes or without.
_PAIR: Final = re.compile(r"""\s*\#\s*(["']?)(?P<condition>.+?)\1\s*:\s*(["']?)(?P<target>[^\s"']+)\3\s*$""")
_COMPARES: Final = re.compile(r"[<>]|[=!]=|&&|\|\|")
# Fields that lead to a step: a line like `#nextStep: approve` was switched off on purpose.
_FIELDS: Final = frozenset({"nextStep", "joinStep", "targetStepId", "id", "name", "jobType", "type"})


def commented_conditions(document: Document) -> Iterator[DocumentFinding]:
    """Comments that would be a branch to a step of this document."""
    if not document.comments:
        return
    first, last = _lines_of(document)
    step_ids = {str(step.get("id")) for _, step in steps_of(document)}
    emptied = {document.position(path).line for path in document.emptied}
    for line, text in document.comments.items():
        pair = _PAIR.match(text) if first <= line <= last else None
        if pair is None or pair["target"] not in step_ids or not _is_condition(pair["condition"], text):
            continue
        if line in emptied or line - 1 in emptied:
            continue
        shown = f"#{pair['condition'].lstrip('#')}"
        found = f'the branch "{shown}" to "{pair["target"]}" is a comment: {QUOTE_HINT}'
        column = len(text) - len(text.lstrip()) + 1
        severity = PROBLEM_CODES[EMPTIED].lint_severity
        yield DocumentFinding(document.source, line, column, EMPTIED, severity, found, ())


def _is_condition(condition: str, text: str) -> bool:
    if condition.strip() in _FIELDS:
        return False
    is_marked = text.lstrip().startswith(f"#{condition}") or condition.startswith("#")
    return bool(_COMPARES.search(condition)) or (is_marked and " " not in condition.strip())


def _lines_of(document: Document) -> tuple[int, int]:
    """From where to where a document of its file reaches, as far as its parts tell."""
    lines = [place.line for place in document.positions.values()]
    return (min(lines), max(lines)) if lines else (1, 0)
