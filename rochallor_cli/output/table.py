"""Tables: as wide as they are on a pipe; on a terminal fitted to it, ids always whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rochallor_cli.output.columns import Column
from rochallor_cli.output.styles import paint
from rochallor_cli.output.text_width import cells, fitted, harmless, padded

_GAP = 2


@dataclass(frozen=True)
class Cell:
    """A cell's text (made harmless) and its style."""

    text: str
    style: str = ""

    @classmethod
    def of(cls, text: str, style: str = "") -> Cell:
        return cls(harmless(text), style)


def natural_widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, headers: bool) -> list[int]:
    """The widest cell of each column."""
    widths = [cells(column.title) if headers else 0 for column in columns]
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], cells(cell.text))
    return widths


def fit(columns: Sequence[Column], natural: Sequence[int], available: int | None) -> dict[int, int]:
    """Index → width of the columns that stay: shrink what may shrink, then leave out the highest ranks."""
    kept = list(range(len(columns)))
    while True:
        widths = {index: natural[index] for index in kept}
        excess = _GAP * len(kept) + sum(widths.values()) - (available or 0)
        if available is None or excess <= 0 or _shrink(columns, widths, excess):
            return widths
        droppable = [index for index in kept if columns[index].rank > 0]
        if not droppable:
            return widths
        kept.remove(max(droppable, key=lambda index: columns[index].rank))


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
    """The table's lines. `available` is the terminal's width, None for a pipe."""
    widths = fit(columns, natural_widths(columns, rows, headers=headers), available)
    titles = [Cell(column.title, "dim") for column in columns]
    lines = [titles, *rows] if headers else rows
    return [_line(columns, row, widths, colored=colored) for row in lines]


def _line(columns: Sequence[Column], row: Sequence[Cell], widths: dict[int, int], *, colored: bool) -> str:
    parts = []
    last = max(widths, default=0)
    for index, width in widths.items():
        cell = row[index]
        text = fitted(cell.text, width)
        right = columns[index].right
        filled = text if index == last and not right else padded(text, width, right=right)
        painted = paint(text, cell.style, colored=colored)
        parts.append(filled.replace(text, painted, 1) if text else filled)
    return (" " * _GAP + (" " * _GAP).join(parts)).rstrip()
