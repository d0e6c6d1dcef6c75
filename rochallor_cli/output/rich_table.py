"""Tables for a terminal, drawn by rich: columns of given widths, styles, an ellipsis where a cell is cut."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from rochallor_cli.output.columns import Column
from rochallor_cli.output.styles import rich_style
from rochallor_cli.output.table_cell import GAP, Cell


def rich_lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    widths: dict[int, int],
    *,
    headers: bool,
    colored: bool,
) -> list[str]:
    """The table's lines. `widths`: the cells of each column that is shown, by its index."""
    table = Table(box=None, pad_edge=True, padding=(0, 0, 0, GAP), show_header=headers)
    for index, width in widths.items():
        column = columns[index]
        title = Text(column.title, style="dim")
        table.add_column(
            title,
            width=width,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
        )
    for row in rows:
        table.add_row(*(Text(row[index].text, style=rich_style(row[index].style)) for index in widths))
    text = drawn(table, sum(widths.values()) + GAP * len(widths), colored=colored)
    return [line.rstrip() for line in text.splitlines()]


def drawn(what: RenderableType, width: int, *, colored: bool, theme: Theme | None = None) -> str:
    """What rich would print, as text: the printer is the only way to stdout."""
    text = io.StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=colored,
        color_system="standard" if colored else None,
        no_color=not colored,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        theme=theme,
    )
    console.print(what)
    return text.getvalue()
