"""Tables: as wide as they are on a pipe; on a terminal fitted to it, ids always whole."""

from __future__ import annotations

from collections.abc import Sequence

from rochallor_cli.output.columns import FIRST, Column
from rochallor_cli.output.table_cell import GAP, Cell
from rochallor_cli.output.text_width import cells, padded


def natural_widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, headers: bool) -> list[int]:
    """The widest cell of each column."""
    widths = [cells(column.title) if headers else 0 for column in columns]
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], cells(cell.text))
    return widths


def fit(columns: Sequence[Column], natural: Sequence[int], available: int | None) -> dict[int, int]:
    """The widths of the columns that stay, by index.

    Columns that say nothing new are left out first; then what may shrink does; then the highest ranks are left out.
    """
    kept = list(range(len(columns)))
    while True:
        widths = {index: natural[index] for index in kept}
        excess = GAP * len(kept) + sum(widths.values()) - (available or 0)
        if available is None or excess <= 0:
            return widths
        droppable = [index for index in kept if columns[index].rank > 0]
        next_out = max(droppable, key=lambda index: columns[index].rank, default=None)
        is_idle = next_out is not None and columns[next_out].rank >= FIRST
        if (not is_idle and _shrink(columns, widths, excess)) or next_out is None:
            return widths
        kept.remove(next_out)


def _shrink(columns: Sequence[Column], widths: dict[int, int], excess: int) -> bool:
    while excess > 0:
        able = [index for index in widths if widths[index] > (columns[index].least or widths[index])]
        if not able:
            return False
        widths[max(able, key=lambda index: widths[index])] -= 1
        excess -= 1
    return True


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    available: int | None,
    headers: bool,
    colored: bool,
) -> list[str]:
    """The table's lines. `available` is the terminal's width, None for a pipe.

    Rich draws what a person looks at. On a pipe there is nothing to draw, and many rows: plain lines there, in
    the same columns (10,000 rows take rich three seconds).
    """
    widths = fit(columns, natural_widths(columns, rows, headers=headers), available)
    if colored or available is not None:
        from rochallor_cli.output.rich_table import rich_lines

        return rich_lines(columns, rows, widths, headers=headers, colored=colored)
    titles = [Cell(column.title) for column in columns]
    return [_line(columns, row, widths) for row in ([titles, *rows] if headers else rows)]


def _line(columns: Sequence[Column], row: Sequence[Cell], widths: dict[int, int]) -> str:
    parts = [padded(row[index].text, width, right=columns[index].right) for index, width in widths.items()]
    return (" " * GAP + (" " * GAP).join(parts)).rstrip()
