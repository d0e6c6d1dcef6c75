"""What the pages tell a reader to type: commands with the output shown beneath them, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    # Generated from the commands themselves; its examples are held by tests of the help.
    if page.name != "commands.md"
)
FENCE = re.compile(r"^ *```(\w*)")
SHELLS = ("sh", "console", "")
# In a block without a language a command is explained to its right, more than one space away.
EXPLANATION = re.compile(r"\s{2,}[^'\"-].*$")
INLINE = re.compile(r"`(rochallor [^`]+)`")


@dataclass
class Shown:
    """A command, where it stands, and the output that the page shows for it."""

    page: str
    line: int
    command: str
    output: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.command}"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def shown_commands(page: Path) -> list[Shown]:
    """The commands of a page's blocks, as they would be pasted into a shell."""
    return [shown for language, lines in _blocks(page) for shown in _commands(name_of(page), language, lines)]


def inline_commands(page: Path) -> list[Shown]:
    """The commands that stand within sentences."""
    text = page.read_text("utf-8")
    return [
        Shown(name_of(page), text.count("\n", 0, found.start()) + 1, " ".join(found[1].split()))
        for found in INLINE.finditer(text)
    ]


def _blocks(page: Path) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    language: str | None = None
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and language is None:
            language, lines = fence[1], []
        elif fence and language is not None:
            yield language, lines
            language = None
        elif language is not None:
            lines.append((number, line))


def _commands(page: str, language: str, lines: list[tuple[int, str]]) -> Iterator[Shown]:
    if language not in SHELLS:
        return
    has_prompts = any(line.startswith("$ ") for _, line in lines)
    shown: Shown | None = None
    for number, line in lines:
        if has_prompts and not line.startswith("$ "):
            if shown:
                shown.output.append(line.rstrip())
            continue
        command = line.removeprefix("$ ").strip()
        if language == "" and not command.startswith("rochallor "):
            continue
        if shown:
            yield shown
        shown = Shown(page, number, EXPLANATION.sub("", command) if language == "" else command)
    if shown:
        yield shown
