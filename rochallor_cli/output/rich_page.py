"""Pages in Markdown for a terminal, drawn by rich: paragraphs and tables are wrapped, examples left as they are."""

from __future__ import annotations

import re

from rich.markdown import Markdown
from rich.theme import Theme

from rochallor_cli.output.rich_table import drawn

_THEME = Theme({"markdown.code": "bold"})
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
    page = Markdown(text, hyperlinks=False)
    return drawn(page, width, colored=colored, theme=_THEME).strip("\n").splitlines()
