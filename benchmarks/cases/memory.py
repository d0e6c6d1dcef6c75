"""Memory: what a worker process holds after 10,000 and after 100,000 jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import Contender
from benchmarks.engines import null_engine
from benchmarks.results import Result, Sample

LIMIT_S = 300.0


def memory(bench: Bench) -> Iterator[Result]:
    """The peak of the resident memory: a leak shows as growth between the two counts."""
    first, last = (2_000, 10_000) if bench.quick else (10_000, 100_000)
    result = Result("memory", "null", f"Peak resident memory after {first:,} and {last:,} jobs")
    for contender in bench.fastest():
        result.samples.append(Sample(contender.name, _one_worker(contender, first, last)))
    yield result


def _one_worker(contender: Contender, first: int, last: int) -> dict[str, float]:
    peaks = []
    with null_engine() as engine, contender.worker(engine.url) as worker:
        engine.set_endless(on=True)
        deadline = time.monotonic() + LIMIT_S
        for count in (first, last):
            while engine.counts()["completed"] < count and time.monotonic() < deadline:
                time.sleep(0.05)
            peaks.append(worker.ask("usage")["peak_rss_mb"])
        done = engine.counts()["completed"]
    before, after = peaks
    return {
        "first_peak_mb": before,
        "last_peak_mb": after,
        "growth_bytes_per_job": (after - before) * 2**20 / max(1, done - first),
    }
