"""What the pages tell a reader to type: commands with the output shown beneath them, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
    # Generated from the commands themselves; its examples are held by tests of the help.
    if page.name != "commands.md"
)
FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ ")
FENCE = re.compile(r"^ *```(.*)$")
SHELLS = ("sh", "console", "")
# What begins a command where a block has no language; other lines there are nobody's to paste.
PROGRAMS = ("rochallor ", "make ")
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


@dataclass(frozen=True)
class Block:
    """What stands between two fences: the word behind the first, and numbered lines."""

    kind: str
    lines: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for _, line in self.lines)


def blocks(page: Path, kind: str | None = None) -> list[Block]:
    """The blocks of a page, or those of one kind: `yaml`, `python`, `yaml run` …"""
    return [block for block in _blocks(page) if kind in (None, block.kind)]


def blocks_beneath(page: Path, kind: str) -> list[tuple[str, Block]]:
    """The blocks of one kind with the words of the heading that each stands beneath."""
    lines = page.read_text("utf-8").splitlines()

    def heading_of(block: Block) -> str:
        before = lines[: block.lines[0][0] - 1]
        return next(line.lstrip("# ") for line in reversed(before) if HEADING.match(line))

    return [(heading_of(block), block) for block in blocks(page, kind)]


def shown_commands(page: Path) -> list[Shown]:
    """The commands of a page's blocks, as they would be pasted into a shell."""
    return [shown for block in _blocks(page) for shown in commands_of(block, name_of(page))]


def inline_commands(page: Path) -> list[Shown]:
    """The commands that stand within sentences."""
    text = page.read_text("utf-8")
    return [
        Shown(name_of(page), text.count("\n", 0, found.start()) + 1, " ".join(found[1].split()))
        for found in INLINE.finditer(text)
    ]


def commands_of(block: Block, page: str) -> Iterator[Shown]:
    """The commands of one block."""
    if block.kind not in SHELLS:
        return
    has_prompts = any(line.startswith("$ ") for _, line in block.lines)
    shown: Shown | None = None
    for number, line in block.lines:
        if has_prompts and not line.startswith("$ "):
            if shown:
                shown.output.append(line.rstrip())
            continue
        command = line.removeprefix("$ ").strip()
        if block.kind == "" and not command.startswith(PROGRAMS):
            continue
        if shown:
            yield shown
        shown = Shown(page, number, EXPLANATION.sub("", command) if block.kind == "" else command)
    if shown:
        yield shown


def _blocks(page: Path) -> Iterator[Block]:
    kind: str | None = None
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and kind is None:
            kind, lines = fence[1].strip(), []
        elif fence and kind is not None:
            yield Block(kind, tuple(lines))
            kind = None
        elif kind is not None:
            lines.append((number, line))
