"""Results as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.contenders import OURS
from benchmarks.results import Result

# The measures whose ratio to ours tells something.
COMPARED = ("jobs_per_s", "cpu_us_per_job", "cpu_ms_per_job", "p50_ms", "p99_ms", "ready_ms")


def show(result: Result, console: Console) -> None:
    """One table: a line per subject, a column per measure; ratios are ours to the other's."""
    table = Table(title=f"{result.title} · {place(result)}", title_justify="left", header_style="bold")
    table.add_column("")
    for measure in result.measures():
        table.add_column(heading(measure), justify="right")
    compared = _compared(result)
    for measure in compared:
        table.add_column(f"ours ÷ this: {heading(measure)}", justify="right")
    for subject in result.subjects():
        cells = [number(result.median(subject, measure)) for measure in result.measures()]
        ratios = [
            "" if subject == OURS else number(result.ratio(OURS, subject, measure)) for measure in compared
        ]
        table.add_row(subject, *cells, *ratios)
    console.print(table)
    for note in result.notes:
        console.print(f"  {note}", highlight=False)
    console.print()


def place(result: Result) -> str:
    """Where it was measured: the null engine, the dev engine, a mock broker …"""
    return result.engine if result.engine.endswith("broker") else f"{result.engine} engine"


def _compared(result: Result) -> list[str]:
    if OURS not in result.subjects() or len(result.subjects()) < 2:
        return []
    return [measure for measure in COMPARED if measure in result.measures()]


def heading(measure: str) -> str:
    """A measure's name for people: jobs/s for jobs_per_s."""
    for unit, shown in (("_percent", " %"), ("_ms", " ms"), ("_mb", " MB"), ("_us", " µs")):
        measure = measure.replace(unit, shown)
    return measure.replace("_per_", "/").replace("_", " ").replace("cpu", "CPU")


def number(value: float | None) -> str:
    """A figure as every table has it; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def machine() -> dict[str, object]:
    """The class of machine the figures belong to."""
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load_average_at_end": os.getloadavg()[0],
    }


def busyness() -> str:
    """How many wanted a core at the end of the run, and whether that was more than the run itself."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    others = " Others kept it busy: read ratios and CPU, not rates." if load > 2 * cores else ""
    return f"Load average {load:.1f} on {cores} cores.{others}"


def write_json(path: Path, results: Sequence[Result]) -> None:
    document = {
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "machine": machine(),
        "results": [result.as_json() for result in results],
    }
    path.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", "utf-8")
