"""The tables of README.md and benchmarks/README.md, written from one run: `python -m benchmarks --pages`.

A page has them between `<!-- figures NAME -->` and `<!-- end of figures -->`; all else on it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases.host_processes import GOAL, HOST
from benchmarks.contenders import OURS
from benchmarks.report import machine, number
from benchmarks.results import Result

BEST = "published 10 ms"
BARE = "python -c pass"
CPU = "cpu_us_per_job"
LATENCY = ("p50_ms", "p90_ms", "p99_ms")
IDLE = ("polls_per_s", "core_percent")
PER_JOB = ("cpu_ms_per_job", "wakeups_per_job")
BURST = ("first_done_ms", "all_done_ms")
KAFKA_HANDLER = "Jobs from Kafka with a handler of 20 ms, 1"
AT_20, AT_60 = (f"Start to completion of one step, {rate}" for rate in (20, 60))
THREE_STEPS = "Start to completion of 3"
_BLOCK = re.compile(r"(<!-- figures (?P<name>[a-z-]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """A line of a table: what to call it, and which measures of which result stand in it.

    title: the beginning of the result's title, where a case has several. ratio: ours to the other's stands there too.
    """

    label: str
    case: str
    engine: str
    measures: tuple[str, ...]
    goal: str = ""
    title: str = ""
    other: str = BEST
    ratio: bool = True


NULL_ROWS = (
    Row("no-op jobs/s, null engine", "drain", "null", ("jobs_per_s",), "≥ 15,000"),
    Row("… CPU of the worker for each, µs", "drain", "null", (CPU,), "≤ 60"),
    Row("jobs/s with a handler of 20 ms, null engine", "handler", "null", ("jobs_per_s",), "≥ 2,900"),
    Row("… CPU of the worker for each, µs", "handler", "null", (CPU,), "≤ 130"),
)
KAFKA_ROWS = tuple(
    Row(label, case, "mock broker", (measure,), goal, title=title, other="published")
    for label, case, measure, goal, title in (
        ("no-op jobs/s, six partitions of Kafka", "kafka", "jobs_per_s", "", "No-op jobs from Kafka, 6"),
        ("… CPU of the worker for each, µs", "kafka", CPU, "≤ 170", "No-op jobs from Kafka, 6"),
        ("jobs/s with a handler of 20 ms, one partition", "kafka-handler", "jobs_per_s", "", KAFKA_HANDLER),
    )
)
LATENCY_ROWS = (
    Row("20 starts/s: p50, p90, p99 ms", "latency", "null", LATENCY, "14, –, 30", title=AT_20, ratio=False),
    Row("… polls/s, % of a core", "latency", "null", IDLE, "≤ 60 polls", title=AT_20, ratio=False),
    Row("… CPU ms and wake-ups of the worker for each", "latency", "null", PER_JOB, title=AT_20),
    Row("60 starts/s: p50, p90, p99 ms", "latency", "null", LATENCY, title=AT_60, ratio=False),
    Row("… polls/s, % of a core", "latency", "null", IDLE, title=AT_60, ratio=False),
    Row("… CPU ms and wake-ups of the worker for each", "latency", "null", PER_JOB, title=AT_60),
)
ROWS = (
    *NULL_ROWS,
    Row("no-op jobs/s, dev engine", "drain", "dev", ("jobs_per_s",)),
    Row("… CPU of the worker for each, µs", "drain", "dev", (CPU,)),
    Row("jobs/s with a handler of 20 ms, dev engine", "handler", "dev", ("jobs_per_s",)),
    Row("jobs/s of three steps in a row, dev engine", "chain", "dev", ("jobs_per_s",)),
    *LATENCY_ROWS,
    Row("three steps: p50, p90, p99 ms", "latency", "null", LATENCY, title=THREE_STEPS, ratio=False),
    Row("idle: polls/s, % of a core", "idle", "null", IDLE, "≤ 2, ≤ 0.3", ratio=False),
    Row("burst of 200 after idling: first, all done, ms", "burst", "null", BURST, ratio=False),
    Row("a worker until its first poll, ms", "startup", "null", ("ready_ms",)),
    *KAFKA_ROWS,
)
PAGE_CASES = frozenset(
    {"null", "cli", "dev", "processes", *("idle" if row.case == "burst" else row.case for row in ROWS)}
)
FIRST_PAGE = (*NULL_ROWS[:2], *(row for row in ROWS if row.case in ("idle", "startup", "kafka-handler")))


def write_pages(root: Path, results: Sequence[Result], command: str) -> None:
    """Write the tables of both pages below a checkout's root. Raises LookupError for a page without its marks."""
    blocks = {
        "speed": "\n".join(table(FIRST_PAGE, results, with_goals=False)),
        "results": "\n\n".join(
            (
                _where(command),
                "\n".join(table(ROWS, results, with_goals=True)),
                "\n".join(commands_table(results)),
                "\n".join(engine_table(results)),
                "\n".join(processes_table(results)),
            )
        ),
    }
    for path, name in ((root / "README.md", "speed"), (root / "benchmarks/README.md", "results")):
        path.write_text(with_block(path.read_text("utf-8"), name, blocks[name]), "utf-8")


def with_block(page: str, name: str, block: str) -> str:
    """The page with what stands between the marks of this name exchanged."""

    def exchanged(found: re.Match[str]) -> str:
        return f"{found[1]}{block}\n{found[3]}" if found["name"] == name else found[0]

    if not any(found["name"] == name for found in _BLOCK.finditer(page)):
        raise LookupError(f"the page has no <!-- figures {name} --> … <!-- end of figures -->")
    return _BLOCK.sub(exchanged, page)


def _where(command: str) -> str:
    found = machine()
    return (
        f"`{command}` on {found['cores']} cores of a virtual {found['architecture']} machine: {found['system']}, "
        f"Python {found['python']}, load average {found['load_average_at_end']:.1f} at the end."
    )


def table(rows: Sequence[Row], results: Sequence[Result], *, with_goals: bool) -> Iterator[str]:
    """Lines of a Markdown table: ours beside the published SDK. What was not measured is a dash."""
    goal = " goal |" if with_goals else ""
    yield f"| | ours, defaults | published SDK at its best | ours ÷ published |{goal}"
    yield "|---|---|---|---|" + ("---|" if with_goals else "")
    for row in rows:
        found = _result(results, row)
        ours, others = (_cell(found, subject, row.measures) for subject in (OURS, row.other))
        ratio = found.ratio(OURS, row.other, row.measures[0]) if found and row.ratio else None
        shown = number(ratio) if row.ratio else ""
        yield f"| {row.label} | {ours} | {others} | {shown} |" + (f" {row.goal} |" if with_goals else "")


def _result(results: Sequence[Result], row: Row) -> Result | None:
    for result in results:
        if (result.case, result.engine) == (row.case, row.engine) and result.title.startswith(row.title):
            return result
    return None


def _cell(result: Result | None, subject: str, measures: Sequence[str]) -> str:
    return ", ".join(number(result.median(subject, measure) if result else None) for measure in measures)


def commands_table(results: Sequence[Result]) -> Iterator[str]:
    """What starting each command costs beside bare Python."""
    yield "| start-up | CPU ms | × `python -c pass` | goal |"
    yield "|---|---|---|---|"
    for result in results:
        for subject in result.subjects() if result.case == "cli" else ():
            ratio = number(result.ratio(subject, BARE, "cpu_ms"))
            goal = next(
                (note.partition("goal ≤ ")[2] for note in result.notes if note.startswith(f"{subject}: ")), ""
            )
            shown = f"≤ {goal.partition(':')[0]}" if goal else ""
            yield f"| `{subject}` | {number(result.median(subject, 'cpu_ms'))} | {ratio} | {shown} |"


def engine_table(results: Sequence[Result]) -> Iterator[str]:
    """What the dev engine does under raw sockets, and what CPU each costs it."""
    measures = ("starts_per_s", "completions_per_s", "cpu_us_per_start", "cpu_us_per_job")
    yield "| the dev engine, 16 raw sockets | starts/s | completions/s | CPU µs a start | CPU µs a job |"
    yield "|---|---|---|---|---|"
    for result in results:
        for subject in result.subjects() if result.case == "dev" else ():
            cells = " | ".join(number(result.median(subject, measure)) for measure in measures)
            yield f"| {subject} | {cells} |"


def processes_table(results: Sequence[Result]) -> Iterator[str]:
    """What a second process brings, and what it brings where there is no worker."""
    yield "| handlers that need some ms of CPU | jobs/s | CPU µs a job | × one process | goal |"
    yield "|---|---|---|---|---|"
    for result in results:
        for subject in result.subjects() if result.case == "processes" else ():
            jobs, cpu = (number(result.median(subject, measure)) for measure in ("jobs_per_s", CPU))
            one = f"{subject[:-1]}1"
            ratio = number(result.ratio(subject, one, "jobs_per_s")) if subject != one else ""
            goal = f"≥ {GOAL}" if ratio and subject.startswith(HOST) else ""
            yield f"| `{subject}` | {jobs} | {cpu} | {ratio} | {goal} |"
