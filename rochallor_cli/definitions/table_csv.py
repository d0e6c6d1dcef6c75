"""Decision tables as CSV, for spreadsheets: written and read without loss.

The corner holds the hit policy, the first column the rules' numbers; then come the columns `when NAME` and
`output NAME`. A blank condition is absent (it holds always), a blank output as well. A value is a number, true, false
or null where it reads as one, a list or object where it is JSON, else text. A text that would read as anything else,
or that a spreadsheet would turn into something else, stands as JSON in quotes. Only a value of JSON's types is kept as
it is: what else a rule holds is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rochallor_cli.definitions.decision_tables import ABSENT, TableGrid, grid_of
from rochallor_cli.dev_engine import HIT_POLICIES
from rochallor_cli.documents.json_text import load_json
from rochallor_cli.errors import InvalidDocumentError

_WHEN, _OUTPUT = "when ", "output "
# What spreadsheets take for formulas, numbers or dates.
_CHANGED_BY_SPREADSHEETS: Final = re.compile(r"[=+\-@\t\r']|\s|\.?\d")
# What spreadsheets drop or turn into a line's end.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x85\u2028\u2029]")
# How they write the conditions `true` and `false`.
_SHOUTED: Final = ("TRUE", "FALSE")
# What some put before everything else, to say what parts the cells.
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)(?:\r\n|\r|\n)")
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
        for name, cell in (rule.get("when") or {}).items():
            if not isinstance(cell, str):
                raise InvalidDocumentError(f"{where}: rule {number}: the condition {name} is no text")
    conditions, outputs = (
        (_WHEN + name for name in grid.conditions),
        (_OUTPUT + name for name in grid.outputs),
    )
    head = [grid.policy or _NO_POLICY, *conditions, *outputs]
    return "".join(_line(row) for row in (head, *(_row(number, grid) for number in range(len(grid.when)))))


def _line(row: Sequence[str]) -> str:
    """One row. Written with the line's end that makes the library quote either half of it within a cell."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _row(number: int, grid: TableGrid) -> list[str]:
    return [
        str(number),
        *("" if cell is None else _condition_text(cell) for cell in grid.when[number]),
        *("" if value is ABSENT else _value_text(value) for value in grid.values[number]),
    ]


def _condition_text(cell: str) -> str:
    is_safe = (
        cell.strip()
        and cell == cell.strip()
        and not cell.startswith(("=", "+", "-", "@", '"'))
        and cell not in _SHOUTED
        and not _CONTROLS.search(cell)
    )
    return cell if is_safe else json.dumps(cell, ensure_ascii=False)


def _value_text(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    is_safe = (
        value
        and _value(value) == value
        and value.strip() == value
        and not _CHANGED_BY_SPREADSHEETS.match(value)
        and not _CONTROLS.search(value)
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
    filled = [(line, row) for line, row in _rows(text, source) if any(cell.strip() for cell in row)]
    if not filled:
        raise InvalidDocumentError(f"{source}: nothing in it")
    (line, header), *rules = filled
    policy, columns = _columns(header, f"{source}:{line}")
    found = [_rule(row, columns, f"{source}:{number}") for number, row in rules]
    named = {"hitPolicy": policy} if policy else {}
    return {**named, "decisionTable": {"rules": found}}


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line that it begins in."""
    said = _SEPARATOR_LINE.match(text)
    first = 2 if said else 1
    text = text[said.end() :] if said else text
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=said[1] if said else _delimiter(text), strict=True
    )
    line = first
    try:
        for row in reader:
            yield line, row
            line = first + reader.line_num
    except csv.Error as error:
        raise InvalidDocumentError(
            f"{source}:{line}: not CSV: {error}",
            hint='a cell with quotes in it stands in quotes, its own doubled: "tier == ""gold"""',
        ) from None


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: whichever parts the header into most columns of a table."""

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(cell.lower().startswith((_WHEN, _OUTPUT)) for cell in header), len(header)

    return max(",;\t", key=columns)


def _columns(header: Sequence[str], where: str) -> tuple[str, list[tuple[str, str] | None]]:
    """The policy, and for each column its part and name; None for what is no part of a rule."""
    corner, first = header[0].strip().removeprefix(_NO_POLICY), header[0].strip().lower()
    has_corner = not first.startswith((_WHEN, _OUTPUT))
    if has_corner and corner and corner.upper() not in HIT_POLICIES:
        raise InvalidDocumentError(
            f"{where}: the corner holds {corner!r}",
            hint=f"a hit policy stands there: {', '.join(HIT_POLICIES)}",
        )
    columns: list[tuple[str, str] | None] = [None] if has_corner else []
    columns += [_column(name, where) for name in header[len(columns) :]]
    given = [column for column in columns if column]
    for column in given:
        if given.count(column) > 1:
            raise InvalidDocumentError(f"{where}: the column {' '.join(column)!r} is there twice")
    return (corner.upper() if has_corner else ""), columns


def _column(name: str, where: str) -> tuple[str, str] | None:
    for prefix, part in ((_WHEN, "when"), (_OUTPUT, "outputs")):
        if f"{name} ".lower().startswith(prefix):
            return part, name[len(prefix) :]
    if not name.strip():
        return None
    raise InvalidDocumentError(
        f"{where}: the column {name!r} is neither a condition nor an output",
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
    return cell.lower() if cell in _SHOUTED else cell
