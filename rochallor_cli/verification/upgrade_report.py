"""What an upgrade changes, for people and as CSV: grouped by how bad it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Final

from rochallor_cli.dev_engine import ENGINE_VERSIONS, EngineRules, engine_rules
from rochallor_cli.errors import UsageError
from rochallor_cli.output.columns import Column, View
from rochallor_cli.verification.upgrading import HEADINGS, UpgradeDifference

_SEPARATOR: Final = ".."
_COLUMNS: Final = ("kind", "file", "line", "id", "step", "text", "example", "before", "after", "mend")

DIFFERENCES: Final = View("id", [Column(name.upper(), name) for name in _COLUMNS], fields=("column",))
"""For what programs read."""


def versions_of(text: str, *, coercion: bool) -> tuple[EngineRules, EngineRules]:
    """`1.0.1..next` as the rules of both; without an end the newest. Raises UsageError."""
    first, separator, last = text.partition(_SEPARATOR)
    last = last or ENGINE_VERSIONS[-1]
    known = ", ".join(ENGINE_VERSIONS)
    if not separator:
        raise UsageError(f"--upgrade {text!r}: write FROM..TO", hint=f"the versions are {known}")
    unknown = next((name for name in (first, last) if name not in ENGINE_VERSIONS), None)
    if unknown is not None:
        raise UsageError(
            f"--upgrade {text!r}: {unknown!r} is no version of the engine", hint=f"they are {known}"
        )
    if ENGINE_VERSIONS.index(first) >= ENGINE_VERSIONS.index(last):
        raise UsageError(
            f"--upgrade {text}: {last} is no later version than {first}", hint=f"in their order: {known}"
        )
    return engine_rules(first, coercion=coercion), engine_rules(last, coercion=coercion)


def report_lines(found: Sequence[UpgradeDifference]) -> Iterator[str]:
    """By kind, the worst first; each with where it is, an example and what to do."""
    for kind, heading in HEADINGS.items():
        of_kind = [each for each in found if each.kind == kind]
        if not of_kind:
            continue
        yield f"{heading} ({len(of_kind)})"
        for each in of_kind:
            row = each.as_row()
            yield f"  {row['file']}:{row['line']}:{row['column']}: {row['id']}: {each.text}"
            if each.example:
                yield f"      with    {json.dumps(each.example, ensure_ascii=False)}"
            yield f"      before  {each.before}"
            yield f"      after   {each.after}"
            if each.mend:
                yield f"      mend    {each.mend}"


def worst_first(found: Sequence[UpgradeDifference]) -> list[UpgradeDifference]:
    """Of all definitions together."""
    kinds = list(HEADINGS)
    return sorted(found, key=lambda each: kinds.index(each.kind))


def report_csv(found: Sequence[UpgradeDifference]) -> str:
    """One line each, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in worst_first(found):
        row = {
            **each.as_row(),
            "example": json.dumps(each.example, ensure_ascii=False) if each.example else "",
        }
        writer.writerow([row[column] for column in _COLUMNS])
    return text.getvalue()


def report_summary(found: Sequence[UpgradeDifference], definitions: int, *, old: str, new: str) -> str:
    """`12 definitions from 0 to next: silently another way 2, better now 5.`"""
    counts = [
        f"{heading} {number}"
        for kind, heading in HEADINGS.items()
        if (number := sum(each.kind == kind for each in found))
    ]
    says = ", ".join(counts) or "nothing changes"
    return f"{definitions} definition{'' if definitions == 1 else 's'} from {old} to {new}: {says}."
