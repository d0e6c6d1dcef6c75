"""Decision tables as CSV, for spreadsheets: written and read without loss.

The corner holds the hit policy, the first column the rules' numbers; then come the columns `when NAME` and
`output NAME`. A blank condition is absent (it holds always), a blank output as well. A value is a number, true, false
or null where it reads as one, a list or object where it is JSON, else text. A text that would read as anything else,
or that a spreadsheet would turn into something else, stands as JSON in quotes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rochallor_cli.definitions.decision_tables import ABSENT, TableGrid, grid_of
from rochallor_cli.dev_engine import HIT_POLICIES
from rochallor_cli.documents.json_text import load_json
from rochallor_cli.errors import InvalidDocumentError

_WHEN, _OUTPUT = "when ", "output "
# What spreadsheets take for formulas, numbers or dates.
_CHANGED_BY_SPREADSHEETS: Final = re.compile(r"[=+\-@\t\r']|\s|\.?\d")
_WORDS: Final = {"true": True, "false": False, "null": None}
_FIELDS: Final = {"when", "outputs"}
# The corner of a table that names no hit policy.
_NO_POLICY: Final = "-"


def csv_from_step(step: Mapping[str, Any], where: str) -> str:
    """The table of a step as CSV. InvalidDocumentError where it is none, or holds what CSV has no place for."""
    grid = grid_of(step)
    if grid is None:
        raise InvalidDocumentError(f"{where}: no decision table that could be written as CSV")
    for number, rule in enumerate(step["decisionTable"]["rules"]):
        if foreign := sorted(rule.keys() - _FIELDS):
            raise InvalidDocumentError(
                f"{where}: rule {number} has {', '.join(foreign)}, which CSV has no place for"
            )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    conditions, outputs = (
        (_WHEN + name for name in grid.conditions),
        (_OUTPUT + name for name in grid.outputs),
    )
    writer.writerow([grid.policy or _NO_POLICY, *conditions, *outputs])
    writer.writerows(_row(number, grid) for number in range(len(grid.when)))
    return text.getvalue()


def _row(number: int, grid: TableGrid) -> list[str]:
    return [
        str(number),
        *("" if cell is None else _condition_text(cell) for cell in grid.when[number]),
        *("" if value is ABSENT else _value_text(value) for value in grid.values[number]),
    ]


def _condition_text(cell: str) -> str:
    is_safe = cell.strip() and cell == cell.strip() and not cell.startswith(("=", "+", "-", "@", '"'))
    return cell if is_safe else json.dumps(cell, ensure_ascii=False)


def _value_text(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    is_safe = (
        value
        and _value(value) == value
        and value.strip() == value
        and not _CHANGED_BY_SPREADSHEETS.match(value)
    )
    return value if is_safe else json.dumps(value, ensure_ascii=False)


def _value(text: str) -> Any:
    """What a cell that is not blank stands for."""
    if text.strip().lower() in _WORDS:
        return _WORDS[text.strip().lower()]
    try:
        return load_json(text)
    except (ValueError, RecursionError):
        return text


def table_from_csv(text: str, source: str) -> dict[str, Any]:
    """`hitPolicy` (where the corner names one) and `decisionTable` of a CSV text. Raises InvalidDocumentError."""
    rows = list(csv.reader(io.StringIO(text), dialect=_dialect(text), strict=False))
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise InvalidDocumentError(f"{source}: nothing in it")
    (_, header), *rules = filled
    policy, columns = _columns(header, source)
    found = [_rule(row, columns, f"{source}:{number}") for number, row in rules]
    named = {"hitPolicy": policy} if policy else {}
    return {**named, "decisionTable": {"rules": found}}


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, semicolons or tabs: whichever the header has most of."""
    header = text.partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Found


def _columns(header: Sequence[str], source: str) -> tuple[str, list[tuple[str, str] | None]]:
    """The policy, and for each column its part and name; None for what is no part of a rule."""
    corner, first = header[0].strip().removeprefix(_NO_POLICY), header[0].strip().lower()
    has_corner = not first.startswith((_WHEN, _OUTPUT))
    if has_corner and corner and corner.upper() not in HIT_POLICIES:
        raise InvalidDocumentError(
            f"{source}:1: the corner holds {corner!r}",
            hint=f"a hit policy stands there: {', '.join(HIT_POLICIES)}",
        )
    columns: list[tuple[str, str] | None] = [None] if has_corner else []
    columns += [_column(name, source) for name in header[len(columns) :]]
    given = [column for column in columns if column]
    for column in given:
        if given.count(column) > 1:
            raise InvalidDocumentError(f"{source}:1: the column {' '.join(column)!r} is there twice")
    return (corner.upper() if has_corner else ""), columns


def _column(name: str, source: str) -> tuple[str, str] | None:
    for prefix, part in ((_WHEN, "when"), (_OUTPUT, "outputs")):
        if name.lower().startswith(prefix) and name[len(prefix) :].strip():
            return part, name[len(prefix) :]
    if not name.strip():
        return None
    raise InvalidDocumentError(
        f"{source}:1: the column {name!r} is neither a condition nor an output",
        hint=f"write {_WHEN}{name} or {_OUTPUT}{name}",
    )


def _rule(row: Sequence[str], columns: Sequence[tuple[str, str] | None], where: str) -> dict[str, Any]:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raise InvalidDocumentError(f"{where}: {len(row)} cells, but {len(columns)} columns")
    rule: dict[str, Any] = {"when": {}, "outputs": {}}
    for cell, column in zip(row, columns, strict=False):
        if column is None:
            continue
        part, name = column
        if part == "when":
            condition = _condition(cell)
            if condition is not None:
                rule[part][name] = condition
        elif cell.strip():
            rule[part][name] = _value(cell)
    return rule


def _condition(cell: str) -> str | None:
    if not cell.strip():
        return None
    if cell.startswith('"'):
        quoted = _value(cell)
        return quoted if isinstance(quoted, str) else cell
    return cell
