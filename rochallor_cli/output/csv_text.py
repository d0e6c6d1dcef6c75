"""Values as CSV, for spreadsheets and whatever else reads tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from rochallor_cli.output.json_form import json_form

Rows = Sequence[Mapping[str, object]]


def csv_text(rows: Rows, *, headers: bool, first: Sequence[str] = ()) -> str:
    """One line a row; a column that a row lacks is empty.

    first: columns that are there whatever the rows hold; those of the rows follow in the order in which they are named.
    """
    columns = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    if not columns:
        return ""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if headers:
        writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def rows_of(value: object) -> Rows:
    """A list's objects or an object alone as rows; anything else is the one column `value`."""
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, Mapping) else {"value": each} for each in values]


def _cell(value: object) -> str:
    """Texts as they are, nothing for null, and JSON for the rest."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_form(value)
