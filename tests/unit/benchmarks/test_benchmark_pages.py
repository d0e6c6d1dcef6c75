"""The tables of the pages are written from the results of one run, and nothing else on a page is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pages import (
    FIRST_PAGE,
    PAGE_CASES,
    ROWS,
    commands_table,
    processes_table,
    table,
    with_block,
    write_pages,
)
from benchmarks.results import Result, Sample

ROOT = Path(__file__).resolve().parents[3]


def drained(engine: str, ours: float, published: float) -> Result:
    samples = [
        Sample("ours", {"jobs_per_s": ours, "cpu_us_per_job": 60.0}),
        Sample("published 10 ms", {"jobs_per_s": published, "cpu_us_per_job": 600.0}),
    ]
    return Result("drain", engine, "No-op jobs", samples)


def test_a_line_has_ours_the_published_and_their_ratio() -> None:
    lines = list(table(ROWS, [drained("null", 12_000, 1_200)], with_goals=True))
    assert lines[2] == "| no-op jobs/s, null engine | 12,000 | 1,200 | 10.0 | ≥ 15,000 |"
    assert lines[3] == "| … CPU of the worker for each, µs | 60.0 | 600.0 | 0.10 | ≤ 60 |"


def test_what_was_not_measured_is_a_dash_and_never_an_older_figure() -> None:
    for line in list(table(ROWS, [], with_goals=False))[2:]:
        assert not any(character.isdigit() for cell in line.split("|")[2:] for character in cell)


def test_a_command_stands_beside_bare_python_with_its_goal() -> None:
    samples = [
        Sample("python -c pass", {"cpu_ms": 10.0}),
        Sample("defs list", {"cpu_ms": 105.0}),
    ]
    noted = ["defs list: 10.5 × the CPU time of python -c pass, goal ≤ 11: held"]
    lines = list(commands_table([Result("cli", "null", "Start-up of commands", samples, noted)]))
    assert lines[-1] == "| `defs list` | 105.0 | 10.5 | ≤ 11 |"


def test_two_processes_stand_beside_one_and_beside_what_the_machine_does_without_a_worker() -> None:
    samples = [
        Sample(subject, {"jobs_per_s": jobs, "cpu_us_per_job": 4000.0})
        for subject, jobs in (
            ("bare Python × 1", 250.0),
            ("work --processes 1", 200.0),
            ("bare Python × 2", 490.0),
            ("work --processes 2", 370.0),
        )
    ]
    lines = list(processes_table([Result("processes", "null", "", samples)]))[2:]
    assert lines == [
        "| `bare Python × 1` | 250.0 | 4,000 |  |  |",
        "| `work --processes 1` | 200.0 | 4,000 |  |  |",
        "| `bare Python × 2` | 490.0 | 4,000 | 1.96 |  |",
        "| `work --processes 2` | 370.0 | 4,000 | 1.85 | ≥ 1.8 |",
    ]


def test_both_pages_have_their_marks_and_keep_all_that_stands_round_them(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    for page in ("README.md", "benchmarks/README.md"):
        (tmp_path / page).write_text((ROOT / page).read_text("utf-8"), "utf-8")
    write_pages(tmp_path, [drained("null", 12_345, 1_000)], "the command")
    for page in ("README.md", "benchmarks/README.md"):
        before, after = ((root / page).read_text("utf-8") for root in (ROOT, tmp_path))
        assert "12,345" in after
        assert before.partition("<!-- figures")[0] == after.partition("<!-- figures")[0]
        assert before.rpartition("<!-- end of figures")[2] == after.rpartition("<!-- end of figures")[2]


def test_a_page_without_its_marks_is_an_error_that_names_them() -> None:
    with pytest.raises(LookupError, match="figures speed"):
        with_block("a page", "speed", "a table")


def test_the_cases_that_are_run_are_those_that_the_pages_show() -> None:
    shown = {"idle" if row.case == "burst" else row.case for row in (*ROWS, *FIRST_PAGE)}
    assert shown <= PAGE_CASES
