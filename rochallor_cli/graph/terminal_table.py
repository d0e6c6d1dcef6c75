"""A decision table on a terminal, drawn by rich: boxed, as wide as there is room, long cells on further lines."""

from __future__ import annotations

from rich.box import ROUNDED
from rich.table import Table
from rich.text import Text

from rochallor_cli.definitions.decision_tables import TableGrid
from rochallor_cli.output.rich_table import drawn
from rochallor_cli.output.text_width import cells

# Cells that a column is to keep; and those that its frame takes.
_LEAST, _FRAME = 8, 3


def boxed_lines(grid: TableGrid, width: int, *, colored: bool) -> list[str]:
    """Ready lines, styles included. The policy stands in the corner; an arrow marks the outputs, colours or not.

    What has too many columns for the terminal is no longer readable in a box: aligned text then, which it may wrap.
    """
    head, *rows = grid.texts()
    least = (min(max(cells(row[index]) for row in (head, *rows)), _LEAST) for index in range(len(head)))
    if sum(least) + _FRAME * len(head) > width:
        return grid.lines()
    table = Table(box=ROUNDED, pad_edge=True, header_style="bold")
    outputs = 1 + len(grid.conditions)
    for index, title in enumerate(head):
        table.add_column(
            Text(f"→ {title}" if index >= outputs else title),
            style="dim" if index == 0 else "green" if index >= outputs else "",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return [line.rstrip() for line in drawn(table, width, colored=colored).splitlines()]
