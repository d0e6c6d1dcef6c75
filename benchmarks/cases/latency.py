"""Latency: from an instance's start to its completion, by the engine's clock, under random arrivals."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from benchmarks.arrivals import start_at_random
from benchmarks.bench import Bench
from benchmarks.contenders import Contender
from benchmarks.engines import Engine
from benchmarks.processes import Child
from benchmarks.results import Result, Sample, percentile
from benchmarks.workflows import chain, job_types, start_many, upload

RATES = (5, 20, 60, 200)
QUICK_RATES = (20, 60)
CHAIN_RATE = 20
LATE_S = 10.0
WARM_UP_JOBS = 20


def latency(bench: Bench) -> Iterator[Result]:
    """One step at 5, 20, 60 and 200 starts a second, then three steps at 20."""
    for kind in bench.engine_kinds_if_quick("null"):
        for rate in QUICK_RATES if bench.quick else RATES:
            yield _at_rate(bench, kind, steps=1, rate=rate)
        yield _at_rate(bench, kind, steps=3, rate=CHAIN_RATE)


def _at_rate(bench: Bench, kind: str, *, steps: int, rate: int) -> Result:
    what = "one step" if steps == 1 else f"{steps} steps"
    result = Result("latency", kind, f"Start to completion of {what}, {rate} starts/s")
    result.load = {"starts_per_s": rate, "steps": steps}
    with bench.engine(kind) as engine:
        # The slow setting is shown on one engine: it waits for its own clock, whatever the engine does.
        among = bench.fastest() if kind == "dev" else bench.contenders
        for seed, contender in bench.interleaved(bench.rounds_of(quick=1, full=2), among=among):
            values = _one_run(bench, engine, contender, steps=steps, rate=rate, seed=seed)
            result.samples.append(Sample(contender.name, values))
    return result


def _one_run(
    bench: Bench, engine: Engine, contender: Contender, *, steps: int, rate: int, seed: int
) -> dict[str, float]:
    definition = chain(steps, "latency")
    definition_id = upload(engine, definition)
    with contender.worker(engine.url, f"--job-types={job_types(definition)}") as worker:
        warm_up(engine, definition_id)
        skip = len(engine.times(definition_id))
        meter = Meter(engine, worker)
        duration_s = bench.pick(quick=4.0, full=10.0)
        count = start_at_random(engine, definition_id, rate_per_s=rate, duration_s=duration_s, seed=seed)
        used = meter.since(jobs=count * steps)
        unfinished = wait_until_done(engine, definition_id, LATE_S)
    times = sorted(engine.times(definition_id), key=lambda each: each.started_s)[skip:]
    return latencies([each.latency_ms for each in times]) | used | {"unfinished": unfinished}


def warm_up(engine: Engine, definition_id: str) -> None:
    """A few instances first, so that neither start-up nor first connections are measured."""
    start_many(engine, definition_id, WARM_UP_JOBS)
    wait_until_done(engine, definition_id, LATE_S)


def wait_until_done(engine: Engine, definition_id: str, limit_s: float) -> int:
    """Wait for the last instance, ``limit_s`` at most; how many are still unfinished."""
    deadline = time.monotonic() + limit_s
    while (left := engine.active(definition_id)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def latencies(found_ms: list[float]) -> dict[str, float]:
    return {
        "p50_ms": percentile(found_ms, 0.5),
        "p90_ms": percentile(found_ms, 0.9),
        "p99_ms": percentile(found_ms, 0.99),
        "max_ms": max(found_ms, default=math.nan),
    }


class Meter:
    """What a worker does between two moments: polls, CPU and wake-ups, a second and a job.

    Polls are counted by the null engine, elsewhere by the worker's own metric.
    """

    def __init__(self, engine: Engine, worker: Child) -> None:
        self._engine = engine
        self._worker = worker
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        used = dict(self._worker.ask("usage"))
        return used | ({"polls": self._engine.counts()["polls"]} if self._engine.is_null else {})

    def since(self, jobs: int = 0) -> dict[str, float]:
        """What was done since, a second; with `jobs` also for each of so many."""
        after = self._read()
        used = {name: value - self._before[name] for name, value in after.items()}
        took_s, wakeups = used["now_s"], used["voluntary_switches"]
        found = {"polls_per_s": used["polls"] / took_s, "core_percent": used["cpu_s"] / took_s * 100}
        if not jobs:
            return found | {"wakeups_per_s": wakeups / took_s}
        return found | {
            "cpu_ms_per_job": used["cpu_s"] * 1000 / jobs,
            "wakeups_per_job": wakeups / jobs,
            # Somebody else was given the core meanwhile; who waits for the interpreter's lock sleeps, and wakes up.
            "preempted_per_job": used["involuntary_switches"] / jobs,
        }
