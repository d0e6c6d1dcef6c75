"""What a table shows of a value: columns, and the view that holds them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.output.times import Times

Row = Mapping[str, Any]
# The rank of columns that are left out before any other shrinks.
FIRST = 10


def lookup(row: object, path: str) -> Any:
    """The value at a dotted path; None where something on the way is missing. List positions are numbers."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    first, _, rest = path.partition(".")
    if isinstance(row, Mapping):
        inner = row.get(first)
    elif isinstance(row, list) and first.isdigit() and int(first) < len(row):
        inner = row[int(first)]
    else:
        return None
    return lookup(inner, rest) if rest else inner


def plain(value: object) -> str:
    """A value in a table's cell: texts as they are, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    from rochallor_cli.output.json_form import json_form

    return json_form(value)


class Column(NamedTuple):
    """One column. `field` is the dotted path that --fields knows it by; `text` makes its cell from the whole row.

    Where a table is too wide for the terminal, columns with `least` shrink to that many cells, then those with the
    highest `rank` are left out; a column without either always stays whole. What does not fit into a column that
    has shrunk is cut, or stands on further lines where the column `wraps`. What is `computed` is no field of the value.
    """

    title: str
    field: str
    text: Callable[[Row, Times], str] | None = None
    style: str | Callable[[Row], str] = ""
    wide: bool = False
    least: int | None = None
    wraps: bool = False
    rank: int = 0
    right: bool = False
    computed: bool = False

    def cell(self, row: Row, times: Times) -> str:
        return self.text(row, times) if self.text else plain(lookup(row, self.field))

    def style_of(self, row: Row) -> str:
        return self.style(row) if callable(self.style) else self.style


def time_column(title: str, path: str, *, wide: bool = False, rank: int = 0) -> Column:
    """A column of one of the engine's times."""
    return Column(title, path, lambda row, times: times.text(lookup(row, path)), wide=wide, rank=rank)


class View(NamedTuple):
    """How a kind of value is shown: its columns, the field that names it (-o name), further fields it may have."""

    name: str
    columns: Sequence[Column]
    fields: Sequence[str] = ()

    def shown(self, wanted: Sequence[str], *, wide: bool) -> list[Column]:
        """The columns for --fields, or those of the table."""
        if not wanted:
            return [column for column in self.columns if wide or not column.wide]
        by_field = {column.field: column for column in self.columns}
        return [by_field.get(path) or Column(path.upper(), path) for path in wanted]

    @property
    def csv_columns(self) -> list[str]:
        """The fields of its values, in one order. What only a column computes is none."""
        return [column.field for column in self.columns if not column.computed] + list(self.fields)

    def without_first(self, fields: Sequence[str]) -> Self:
        """The same view, of which these fields' columns are left out first where room is short."""
        columns = [
            column._replace(rank=FIRST) if column.field in fields else column for column in self.columns
        ]
        return self._replace(columns=columns)

    def check_fields(self, wanted: Sequence[str]) -> None:
        """Raise UsageError for a field that this kind of value never has."""
        known = sorted({column.field for column in self.columns} | set(self.fields))
        tops = {path.split(".")[0] for path in known}
        for path in wanted:
            if path not in known and path.split(".")[0] not in tops:
                hint = did_you_mean(path, known) or f"known: {', '.join(known)}"
                raise UsageError(f"no field {path!r}", hint=hint)
