"""The figures in the READMEs are the harness's: `benchmarks/results/` holds what it printed, as it printed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def cells(readme: Path, heading: str, only: str = "") -> Iterator[str]:
    """The cells of the tables beneath a heading: what was measured, not the first column's labels, nor goals.

    Of one column, if it is named.
    """
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
            cells_of = zip(row[1:], columns[1:], strict=True)
            yield from (
                cell for cell, column in cells_of if column == only or (not only and column != "goal")
            )


@pytest.mark.parametrize(
    ("readme", "heading"), [(ROOT / "README.md", "Speed"), (ROOT / "benchmarks/README.md", "Results")]
)
def test_the_figures_of_a_readme_are_what_the_harness_printed(readme: Path, heading: str) -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "benchmarks/results").glob("*.txt")]
    printed = set(NUMBER.findall("\n".join(texts)))
    figures = [number for cell in cells(readme, heading) for number in NUMBER.findall(cell)]
    assert len(figures) > 5
    assert [number for number in figures if number not in printed] == []


PROFILES = ROOT / "benchmarks/profiles"
PROFILED = {
    "polled, before": "polled-job-before.txt",
    "polled, now": "polled-job.txt",
    "Kafka, before": "kafka-job-before.txt",
    "Kafka, now": "kafka-job.txt",
}


@pytest.mark.parametrize(("column", "file"), PROFILED.items())
def test_the_figures_of_a_profile_are_what_the_profiler_printed(column: str, file: str) -> None:
    printed = set(NUMBER.findall((PROFILES / file).read_text("utf-8")))
    found = list(cells(PROFILES / "README.md", "Before and after", column))
    figures = [number for cell in found for number in NUMBER.findall(cell)]
    assert len(figures) > 4
    assert [number for number in figures if number not in printed] == []
