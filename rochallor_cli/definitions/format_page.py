"""The page that explains the format of definitions (docs/definitions.md), by its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import rochallor_cli
from rochallor_cli.errors import NotFoundError, did_you_mean

_FIELD: Final = re.compile(r"`([A-Za-z_]\w*)`")
_ROW: Final = re.compile(r"^\| ")


@dataclass(frozen=True)
class PagePart:
    """A section: its heading and its blocks (paragraphs, tables, examples)."""

    heading: str
    blocks: Sequence[str]

    @property
    def text(self) -> str:
        return "\n\n".join([self.heading, *self.blocks])


def explained(word: str) -> str:
    """What the page says of a step type, a section or a field. NotFoundError names the nearest there is."""
    wanted = word.lower()
    for part in page_parts():
        if wanted in (each.lower() for each in _names(part)):
            return part.text
    found = [text for part in page_parts() if (text := _of_field(part, word))]
    if found:
        return "\n\n".join(found)
    known = [*overview(), *sorted(_fields())]
    hint = did_you_mean(word, known) or "`rochallor defs explain` lists what there is"
    raise NotFoundError(f"no step type, section or field {word!r} in the format of definitions", hint=hint)


def overview() -> list[str]:
    """The sections, by the words that name them."""
    return [name for part in page_parts() for name in _names(part)]


def _names(part: PagePart) -> list[str]:
    return part.heading.split(" and ")


def _fields() -> set[str]:
    return {name for part in page_parts() for block in part.blocks for name in _FIELD.findall(block)}


def _of_field(part: PagePart, word: str) -> str:
    """The paragraphs and rows of a section that speak of a field, under its heading."""
    shown = [text for block in part.blocks for text in _speaking_of(block, word)]
    return "\n\n".join([part.heading, *shown]) if shown else ""


def _speaking_of(block: str, word: str) -> Iterator[str]:
    lines = block.splitlines()
    mark = f"`{word.lower()}`"
    if not _ROW.match(block):
        if mark in block.lower() and not block.startswith("```"):
            yield block
    elif mark in lines[0].lower():
        yield block
    else:
        rows = [line for line in lines[2:] if mark in line.split("|")[1].lower()]
        if rows:
            yield "\n".join([*lines[:2], *rows])


@cache
def page_parts() -> tuple[PagePart, ...]:
    """The page's sections, in its order."""
    _, *sections = re.split(r"^## ", page_path().read_text("utf-8"), flags=re.MULTILINE)
    parts = []
    for section in sections:
        heading, _, body = section.partition("\n")
        parts.append(PagePart(heading.strip(), tuple(_blocks(body))))
    return tuple(parts)


def _blocks(body: str) -> Iterator[str]:
    """Blocks between blank lines; an example stays one."""
    for number, piece in enumerate(re.split(r"^(```.*?^```)$", body, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            yield piece.replace("```yaml run", "```yaml")
        else:
            yield from (block.strip() for block in piece.split("\n\n") if block.strip())


def page_path() -> Path:
    """The page: inside the package where it was installed, beside it in a clone."""
    package = Path(rochallor_cli.__file__).parent
    inside = package / "definitions" / "format.md"
    return inside if inside.is_file() else package.parent / "docs" / "definitions.md"
