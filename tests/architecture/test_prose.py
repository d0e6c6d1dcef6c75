"""Plain prose: sentences that a reader takes in at once, no arrows for words, help texts that stand alone."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
    ]
)
MAX_MEAN_WORDS = 18
# Among so few sentences a long one weighs too much.
FEW = 15

FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
NOT_PROSE = re.compile(r"\s*[|#<>]")
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) ")
BETWEEN_SENTENCES = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`\[*\d])")


def paragraphs(page: Path) -> Iterator[str]:
    """The text of a page without code, tables and headings; each item of a list for itself."""
    lines: list[str] = []
    for line in [*FENCED.sub("", page.read_text("utf-8")).splitlines(), ""]:
        begins_anew = not line.strip() or NOT_PROSE.match(line) or ITEM.match(line)
        if begins_anew and lines:
            yield " ".join(lines)
            lines = []
        if line.strip() and not NOT_PROSE.match(line):
            lines.append(ITEM.sub("", line).strip())


def sentences(page: Path) -> list[str]:
    return [
        sentence
        for paragraph in paragraphs(page)
        for sentence in BETWEEN_SENTENCES.split(re.sub(r"`[^`]*`", "X", paragraph))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_sentences_of_a_page_have_eighteen_words_on_average_or_fewer(page: Path) -> None:
    found = sentences(page)
    words = sum(len(sentence.split()) for sentence in found)
    assert words <= MAX_MEAN_WORDS * max(len(found), FEW), f"{words / len(found):.1f} words a sentence"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_arrow_stands_for_a_word_on_a_page(page: Path) -> None:
    prose = re.sub(r"`[^`]*`", "", FENCED.sub("", page.read_text("utf-8")))
    assert [line for line in prose.splitlines() if "→" in line] == []


def words_in(text: str) -> Iterator[str]:
    """Comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def test_no_arrow_stands_for_a_word_in_a_comment_or_a_docstring() -> None:
    texts = {
        path.name: text
        for part in ("workflow_sdk", "rochallor_cli", "benchmarks")
        for path in (ROOT / part).rglob("*.py")
        if "→" in (text := path.read_text("utf-8"))
    }
    assert [(name, words) for name, text in texts.items() for words in words_in(text) if "→" in words] == []


# --- help texts ----------------------------------------------------------------------------------

COMMANDS = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
OPTION = re.compile(
    r"^\| (`-[^|]*?(?:\\\|[^|]*?)*`) \| (.+?)(?: Default: `[^`]*`\.)? \|(?: `\w+` \|)?$", re.MULTILINE
)
OPTIONS = dict.fromkeys(OPTION.findall(COMMANDS))
# A text that begins so means something its neighbour, or the name of the option, has said.
LEANING = re.compile(
    r"(And|Also|As|At most|Everything|How (it|they)|It|Its|Likewise|Not|Or|So|The same|Their|They|Too|What it)\b"
)


def test_every_option_of_the_reference_is_looked_at() -> None:
    rows = [line for line in COMMANDS.splitlines() if line.startswith("| `-")]
    assert len(OPTION.findall(COMMANDS)) == len(rows) > 100


@pytest.mark.parametrize(
    ("option", "text"), OPTIONS, ids=[f"{option} {text[:20]}" for option, text in OPTIONS]
)
def test_a_help_text_stands_alone(option: str, text: str) -> None:
    assert text.endswith(".")
    assert len(text.split()) >= 3
    assert not LEANING.match(text)
