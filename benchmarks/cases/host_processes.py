"""How `rochallor work --processes 2` does beside `--processes 1`, where handlers need the CPU and not the engine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import Bench
from benchmarks.engines import ROCHALLOR, Engine, null_engine
from benchmarks.process_usage import cpu_s, tree_of
from benchmarks.processes import Child, ChildError, module_command
from benchmarks.report import number
from benchmarks.results import Result, Sample

HANDLERS = "benchmarks.cpu_handlers"
COUNTS = (1, 2)
BARE, HOST = "bare Python", "work --processes"
GOAL = 1.8
# Start-up takes less: a process that has used so much is at work.
AT_WORK_S = 1.0
READY_S = 60.0
# An engine that takes so much of a core is what is measured.
BUSY_ENGINE_PERCENT = 80.0


def scaling(bench: Bench) -> Iterator[Result]:
    """One process and two, and the same work in bare Python, which says what the machine allows."""
    result = Result("processes", "null", "Handlers that need some ms of CPU, in one process and in two")
    duration_s = bench.pick(quick=2.0, full=5.0)
    if not tree_of(os.getpid()):
        result.notes.append("Not measured: this system has no /proc to tell what processes use.")
        yield result
        return
    with null_engine() as engine:
        engine.set_endless(on=True)
        for round_number in range(bench.rounds):
            for count in COUNTS if round_number % 2 == 0 else reversed(COUNTS):
                result.samples.append(Sample(subject(BARE, count), _bare(count, duration_s)))
                result.samples.append(Sample(subject(HOST, count), _host(engine, count, duration_s)))
    result.notes += notes(result, cores=os.cpu_count() or 1)
    yield result


def subject(what: str, count: int) -> str:
    return f"{what} {count}" if what == HOST else f"{what} × {count}"


def _bare(count: int, duration_s: float) -> dict[str, float]:
    with ExitStack() as stack:
        burners = [stack.enter_context(Child(module_command(HANDLERS))) for _ in range(count)]
        before = [burner.ask("usage") for burner in burners]
        time.sleep(duration_s)
        after = [burner.ask("usage") for burner in burners]
    used = {
        name: sum(late[name] - early[name] for early, late in zip(before, after, strict=True))
        for name in ("jobs", "cpu_s", "now_s")
    }
    took_s = used["now_s"] / count
    return _figures(jobs=used["jobs"], cpu=used["cpu_s"], took_s=took_s)


def _host(engine: Engine, count: int, duration_s: float) -> dict[str, float]:
    command = ("work", "-m", HANDLERS, "--processes", str(count), "--engine-url", engine.url)
    python = module_command(HANDLERS)[0]
    with Child(module_command("benchmarks.leash", python, *ROCHALLOR, *command)) as host:
        _wait_until_at_work(host, count)
        before, cpu_before_s = engine.counts(), cpu_s(tree_of(host.pid))
        time.sleep(duration_s)
        after, cpu_after_s = engine.counts(), cpu_s(tree_of(host.pid))
    took_s = after["now_s"] - before["now_s"]
    figures = _figures(
        jobs=after["completed"] - before["completed"], cpu=cpu_after_s - cpu_before_s, took_s=took_s
    )
    return figures | {"engine_core_percent": (after["cpu_s"] - before["cpu_s"]) / took_s * 100}


def _figures(*, jobs: float, cpu: float, took_s: float) -> dict[str, float]:
    return {
        "jobs_per_s": jobs / took_s,
        "cpu_us_per_job": cpu / jobs * 1e6 if jobs else float("nan"),
        "core_percent": cpu / took_s * 100,
    }


def _wait_until_at_work(host: Child, count: int) -> None:
    """Until as many processes as were asked for do jobs."""
    deadline = time.monotonic() + READY_S
    while len([pid for pid in tree_of(host.pid) if cpu_s([pid]) >= AT_WORK_S]) < count:
        host.check()
        if time.monotonic() > deadline:
            raise ChildError(f"{count} processes were not at work after {READY_S:.0f} s, as /proc tells")
        time.sleep(0.05)


def notes(result: Result, *, cores: int) -> Iterator[str]:
    """How it scaled, and what was possible: the machine or the engine may have been the limit, not the worker."""
    one, two = (subject(HOST, count) for count in COUNTS)
    found = result.ratio(two, one, "jobs_per_s")
    bare = result.ratio(subject(BARE, 2), subject(BARE, 1), "jobs_per_s")
    engine = result.median(two, "engine_core_percent")
    own = result.median(one, "core_percent")
    if found is None or bare is None or engine is None or not own:
        return
    possible = min(bare, (cores - engine / 100) / (own / 100))
    yield (
        f"Two bare Pythons did {number(bare)} times the work of one. The engine took {number(engine)} % of one of "
        f"{cores} cores beside two processes: {number(possible)} times one process was possible."
    )
    share = f", {found / possible:.0%} of what was possible" if found <= possible else ""
    cpu = result.ratio(two, one, "cpu_us_per_job")
    yield (
        f"Two processes did {number(found)} times the jobs of one{share}, at {number(cpu)} times the CPU a job. "
        f"Goal ≥ {GOAL}: {_verdict(found, possible, engine)}."
    )


def _verdict(found: float, possible: float, engine: float) -> str:
    if found >= GOAL:
        return "held"
    if engine >= BUSY_ENGINE_PERCENT:
        return "not to be said, the engine was the limit"
    if possible < GOAL:
        return "not to be said, the machine was the limit"
    return "MISSED"
