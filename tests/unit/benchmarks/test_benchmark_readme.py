"""The figures in the READMEs are the harness's: `benchmarks/results/` holds what it printed, as it printed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def cells(readme: Path, heading: str) -> Iterator[str]:
    """The cells of the tables beneath a heading: what was measured, not the first column's labels, nor goals."""
    section = readme.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    columns: list[str] = []
    for line in section.splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = row
        elif not set(line) <= set("|-"):
            yield from (cell for cell, column in zip(row[1:], columns[1:], strict=True) if column != "goal")


@pytest.mark.parametrize(
    ("readme", "heading"), [(ROOT / "README.md", "Speed"), (ROOT / "benchmarks/README.md", "Results")]
)
def test_the_figures_of_a_readme_are_what_the_harness_printed(readme: Path, heading: str) -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "benchmarks/results").glob("*.txt")]
    printed = set(NUMBER.findall("\n".join(texts)))
    figures = [number for cell in cells(readme, heading) for number in NUMBER.findall(cell)]
    assert len(figures) > 5
    assert [number for number in figures if number not in printed] == []
