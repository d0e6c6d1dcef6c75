"""Throughput and latency against load: the same random arrivals at more and more starts a second."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.arrivals import start_at_random
from benchmarks.bench import Bench
from benchmarks.cases.latency import Meter, latencies, wait_until_done, warm_up
from benchmarks.contenders import Contender
from benchmarks.engines import Engine, Times
from benchmarks.results import Result, Sample
from benchmarks.workflows import chain, job_types, upload

LOADS = (5, 20, 50, 100, 200, 500, 1000, 2000)
QUICK_LOADS = (20, 100, 500)


def sweep(bench: Bench) -> Iterator[Result]:
    """One result per load; a worker that cannot keep up shows in its rate and its latency."""
    kinds = [kind for kind in bench.engine_kinds() if kind != "dev"]
    for kind in kinds:
        with bench.engine(kind) as engine:
            for load in QUICK_LOADS if bench.quick else LOADS:
                yield _at(bench, kind, engine=engine, load=load)


def _at(bench: Bench, kind: str, *, engine: Engine, load: int) -> Result:
    result = Result("load", kind, f"One step, {load} starts/s", load={"starts_per_s": load})
    for contender in bench.contenders:
        result.samples.append(Sample(contender.name, _one_run(bench, engine, contender=contender, load=load)))
    return result


def _one_run(bench: Bench, engine: Engine, *, contender: Contender, load: int) -> dict[str, float]:
    definition = chain(1, "load")
    definition_id = upload(engine, definition)
    duration_s = bench.pick(quick=3.0, full=6.0)
    with contender.worker(engine.url, f"--job-types={job_types(definition)}") as worker:
        warm_up(engine, definition_id)
        skip = len(engine.times(definition_id))
        meter = Meter(engine, worker)
        start_at_random(engine, definition_id, rate_per_s=load, duration_s=duration_s, seed=load)
        used = meter.since()
        wait_until_done(engine, definition_id, 2 * duration_s)
    times = sorted(engine.times(definition_id), key=lambda each: each.started_s)[skip:]
    return _throughput(times) | latencies([each.latency_ms for each in times]) | used


def _throughput(times: list[Times]) -> dict[str, float]:
    """Instances a second between the first start and the last completion."""
    if len(times) < 2:
        return {"jobs_per_s": float("nan")}
    took_s = max(each.completed_s for each in times) - times[0].started_s
    return {"jobs_per_s": len(times) / took_s}
