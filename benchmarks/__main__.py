"""Measure: `python -m benchmarks [--quick] [--case NAME …] [--engine-url URL]`; `--help` has all options."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from benchmarks.apache_kafka import apache_kafka
from benchmarks.bench import Bench
from benchmarks.cases import CASES, Case
from benchmarks.contenders import checkout, ours, published, published_python
from benchmarks.pages import PAGE_CASES, write_pages
from benchmarks.plot import write_plot
from benchmarks.processes import ROOT, ChildError
from benchmarks.report import busyness, show, write_json
from benchmarks.results import Result
from benchmarks.wire import WireError


def options() -> argparse.Namespace:
    names = "\n".join(f"  {case.name:<15}{case.about}" for case in CASES)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the worker, the dev engine and the command line beside the published SDK.",
        epilog=f"cases:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, under two minutes")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], metavar="NAME",
                        help="measure only this case (may be given again)")  # fmt: skip
    parser.add_argument("--engine-url", metavar="URL", help="measure on this engine, not on our own")
    parser.add_argument(
        "--brokers", metavar="HOST:PORT", help="Kafka drains on this broker, not on a mock one"
    )
    parser.add_argument(
        "--apache-kafka", action="store_true", help="start an Apache Kafka for them (needs Java and Maven)"
    )
    parser.add_argument("--engine", choices=("null", "dev", "delayed"), help="only one of our own engines")
    parser.add_argument(
        "--beside", type=Path, metavar="FOLDER", help="measure another checkout of ours as well"
    )
    parser.add_argument("--ours-only", action="store_true", help="leave the published SDK out")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved runs of each contender")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all runs and medians as JSON")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="draw throughput and latency against load"
    )
    parser.add_argument(
        "--pages",
        action="store_true",
        help="what README.md and benchmarks/README.md show, in some five minutes: measure it and write their tables",
    )
    given = parser.parse_args()
    given.quick = given.quick or given.pages
    return given


def bench_from(given: argparse.Namespace, brokers: str | None) -> Bench:
    contenders = [ours()]
    if given.beside:
        contenders.append(checkout(given.beside))
    if not given.ours_only:
        others = published(published_python())
        contenders += others[:1] if given.quick else others
    return Bench(
        tuple(contenders),
        quick=given.quick,
        engine_url=given.engine_url,
        engine_kind=given.engine,
        brokers=brokers,
        rounds_override=given.rounds,
    )


def chosen_cases(given: argparse.Namespace) -> list[Case]:
    """The cases named; without names all, in quick runs those that are quick."""
    if given.case:
        return [case for case in CASES if case.name in given.case]
    if given.pages:
        return [case for case in CASES if case.name in PAGE_CASES]
    plotted = ["load"] if given.plot else []
    return [case for case in CASES if not given.quick or case.in_quick_runs or case.name in plotted]


def main() -> int:
    """Run the chosen cases, show each as it is done; 1 when one could not be measured."""
    given = options()
    try:
        with apache_kafka() if given.apache_kafka else nullcontext(given.brokers) as brokers:
            return run_all(given, bench_from(given, brokers))
    except ChildError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def run_all(given: argparse.Namespace, bench: Bench) -> int:
    """Run what was chosen and write what was asked for."""
    console = Console(width=None if sys.stdout.isatty() and not given.pages else 180, record=given.pages)
    chosen = chosen_cases(given)
    results: list[Result] = []
    began_s = time.monotonic()
    broken = [case.name for case in chosen if not measured(case, bench, console=console, results=results)]
    if given.plot and not write_plot(given.plot, results):
        print("benchmarks: nothing to plot: --plot needs the case load", file=sys.stderr)
        broken.append("plot")
    if given.json:
        write_json(given.json, results)
    console.print(
        f"{len(results)} tables in {time.monotonic() - began_s:.0f} s. {busyness()}", highlight=False
    )
    if given.pages and not broken:
        (ROOT / "benchmarks/results/pages.txt").write_text(_without_blanks(console.export_text()), "utf-8")
        write_pages(ROOT, results, "python -m benchmarks --pages")
    return 1 if broken else 0


def _without_blanks(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def measured(case: Case, bench: Bench, *, console: Console, results: list[Result]) -> bool:
    """Run one case and show its tables; False, with the reason on stderr, when a process failed."""
    begun_s = time.monotonic()
    try:
        for result in case.run(bench):
            results.append(result)
            show(result, console)
        console.print(f"{case.name}: {time.monotonic() - begun_s:.0f} s\n", highlight=False)
    except (ChildError, WireError, OSError) as error:
        print(f"benchmarks: case {case.name}: {error}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
