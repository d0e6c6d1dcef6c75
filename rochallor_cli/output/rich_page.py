"""Pages in Markdown for a terminal, drawn by rich: paragraphs and tables are wrapped, examples left as they are."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.markdown import Markdown
from rich.theme import Theme

_EXAMPLE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def page_lines(text: str, width: int, *, colored: bool) -> list[str]:
    """The page's lines in so many cells, but for examples whose lines are longer: they are there to be copied."""
    pieces: list[list[str]] = []
    end = 0
    for example in _EXAMPLE.finditer(text):
        pieces.append(_wrapped(text[end : example.start()], width, colored=colored))
        pieces.append([f"    {line}" for line in example.group().splitlines()[1:-1]])
        end = example.end()
    pieces.append(_wrapped(text[end:], width, colored=colored))
    lines = [line for piece in pieces if piece for line in ["", *piece]]
    return [line.rstrip() for line in lines[1:]]


def _wrapped(text: str, width: int, *, colored: bool) -> list[str]:
    """What rich would print, as lines: the printer is the only way to stdout."""
    drawn = io.StringIO()
    console = Console(
        file=drawn,
        width=width,
        force_terminal=colored,
        color_system="standard" if colored else None,
        no_color=not colored,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        theme=Theme({"markdown.code": "bold"}),
    )
    console.print(Markdown(text, hyperlinks=False))
    return drawn.getvalue().strip("\n").splitlines()
