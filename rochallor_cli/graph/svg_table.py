"""A decision table within its step's box: a grid with the policy in the corner."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from xml.sax.saxutils import escape

from rochallor_cli.definitions.decision_tables import TableGrid
from rochallor_cli.output.text_width import cells, fitted

_CELL = 6.2
_ROW = 16.0
_LONGEST_CELL = 28
_MOST_ROWS = 40
_LINE, _INK, _HEAD = "#b8c2cc", "#1f2933", "#eef2f6"


def table_size(grid: TableGrid) -> tuple[float, float]:
    """Width and height of the grid."""
    texts = _texts(grid)
    return sum(_widths(texts)), _ROW * len(texts)


def table_lines(grid: TableGrid, *, left: float, top: float) -> Iterator[str]:
    """The grid as SVG, its upper left corner at this place."""
    texts = _texts(grid)
    widths = _widths(texts)
    edges = [left, *itertools.accumulate(widths, initial=left)][1:]
    width, height = sum(widths), _ROW * len(texts)
    yield f"<rect class='table-head' x='{left:.1f}' y='{top:.1f}' width='{width:.1f}' height='{_ROW}' fill='{_HEAD}'/>"
    for number, row in enumerate(texts):
        y = top + _ROW * number
        weight = " font-weight='600'" if number == 0 else ""
        for edge, text in zip(edges, row, strict=False):
            yield (
                f"<text class='ink' x='{edge + 5:.1f}' y='{y + 12:.1f}' font-size='11'{weight} "
                f"fill='{_INK}'>{escape(text)}</text>"
            )
    lines = [f"M{left:.1f},{top + _ROW * number:.1f} h{width:.1f}" for number in range(len(texts) + 1)]
    lines += [f"M{edge:.1f},{top:.1f} v{height:.1f}" for edge in edges]
    # Conditions are left of the thicker line, outputs right of it.
    middle = edges[1 + len(grid.conditions)]
    yield f"<path class='table-line' d='{' '.join(lines)}' fill='none' stroke='{_LINE}' stroke-width='1'/>"
    yield (
        f"<path class='table-line is-middle' d='M{middle:.1f},{top:.1f} v{height:.1f}' fill='none' "
        f"stroke='{_INK}' stroke-width='1.4'/>"
    )


def _texts(grid: TableGrid) -> list[list[str]]:
    texts = grid.texts()
    more = len(texts) - 1 - _MOST_ROWS
    shown = texts[: _MOST_ROWS + 1]
    if more > 0:
        shown.append([f"and {more} more", *[""] * (len(texts[0]) - 1)])
    return [[fitted(text, _LONGEST_CELL) for text in row] for row in shown]


def _widths(texts: list[list[str]]) -> list[float]:
    return [max(cells(text) for text in column) * _CELL + 10 for column in zip(*texts, strict=True)]
