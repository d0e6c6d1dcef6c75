"""A table's cell, however it is drawn."""

from __future__ import annotations

from typing import NamedTuple

from rochallor_cli.output.text_width import harmless

# Blanks before each column.
GAP = 2


class Cell(NamedTuple):
    """A cell's text (made harmless) and its style."""

    text: str
    style: str = ""

    @classmethod
    def of(cls, text: str, style: str = "") -> Cell:
        return cls(harmless(text), style)
