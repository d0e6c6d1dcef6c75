"""Throughput: how many jobs a worker process does a second, and what CPU each costs it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.engines import Engine, null_engine
from benchmarks.processes import Child
from benchmarks.results import Result, Sample
from benchmarks.wire import Wire, request_bytes
from benchmarks.workflows import chain, job_types, start_many, upload

WARM_UP_S = 1.0
# What a worker spends on looking for more after the last job counts as well, so this is short.
LOOK_EVERY_S = 0.05
LIMIT_REQUESTS = 20_000
LIMIT_CONNECTIONS = 16
# An engine that could answer so many times what was asked is not what is measured.
ENOUGH_HEADROOM = 3


def null_limit(bench: Bench) -> Iterator[Result]:
    """Load the null engine with raw sockets: it must be three times faster than any worker asks."""
    result = Result("null", "null", "The null engine's own limit (16 raw sockets)")
    with null_engine() as engine:
        for _ in range(bench.rounds):
            result.samples.append(Sample("raw load", raw_load(engine)))
    yield result


def raw_load(engine: Engine) -> dict[str, float]:
    """Completions a second through the cheapest client there is, and the engine's CPU for each."""
    request = request_bytes(
        "POST", "/v1/jobs/N1/complete", {"workerId": "bench", "variables": {"done": True}}
    )
    with Wire(engine.url, LIMIT_CONNECTIONS) as wire:
        cpu_s, start_s = engine.counts()["cpu_s"], time.perf_counter()
        for status, _ in wire.exchange([request] * LIMIT_REQUESTS):
            assert status == 204, f"the null engine answered {status}"
        took_s = time.perf_counter() - start_s
    used_s = engine.counts()["cpu_s"] - cpu_s
    return {
        "requests_per_s": LIMIT_REQUESTS / took_s,
        "engine_cpu_us_per_request": used_s / LIMIT_REQUESTS * 1e6,
    }


def no_op(bench: Bench) -> Iterator[Result]:
    """No-op handlers on a source that never runs dry."""
    yield from _drains(bench, "drain", "No-op jobs", handler_ms=0.0, steps=1)


def handler_20ms(bench: Bench) -> Iterator[Result]:
    """Handlers that wait 20 ms: 64 of them at once make 3,200 jobs/s at most."""
    yield from _drains(bench, "handler", "Jobs with a handler of 20 ms", handler_ms=20.0, steps=1)


def chains(bench: Bench) -> Iterator[Result]:
    """A backlog of instances of three steps in a row; jobs are counted, not instances."""
    for kind in bench.engine_kinds_if_quick("dev"):
        yield _backlog_drain(bench, kind, case="chain", title="Three steps in a row", handler_ms=0.0, steps=3)


def _drains(bench: Bench, case: str, title: str, *, handler_ms: float, steps: int) -> Iterator[Result]:
    for kind in bench.engine_kinds():
        if kind in ("null", "delayed"):
            yield _endless_drain(bench, kind, case=case, title=title, handler_ms=handler_ms)
        else:
            yield _backlog_drain(bench, kind, case=case, title=title, handler_ms=handler_ms, steps=steps)


def _endless_drain(bench: Bench, kind: str, *, case: str, title: str, handler_ms: float) -> Result:
    result = Result(case, kind, title)
    with bench.engine(kind) as engine:
        engine.set_endless(on=True)
        for _, contender in bench.interleaved():
            with contender.worker(engine.url, f"--handler-ms={handler_ms}") as worker:
                time.sleep(WARM_UP_S)
                values = window(engine, worker, bench.pick(quick=2.0, full=5.0))
            result.samples.append(Sample(contender.name, values))
        if kind == "null":
            result.notes.append(_headroom(result, raw_load(engine)["requests_per_s"]))
    return result


def _headroom(result: Result, limit_per_s: float) -> str:
    """How far the null engine was from being what is measured."""
    asked_per_s = max(sample.values["jobs_per_s"] + sample.values["polls_per_s"] for sample in result.samples)
    times = limit_per_s / asked_per_s
    busy = (
        "" if times >= ENOUGH_HEADROOM else " That is too little: the machine was too busy for these figures."
    )
    return (
        f"The null engine answers {limit_per_s:,.0f} requests/s to raw sockets: "
        f"{times:.1f} times what the fastest worker asked.{busy}"
    )


def window(engine: Engine, worker: Child, duration_s: float) -> dict[str, float]:
    """What the null engine counted and the worker used during ``duration_s``."""
    before, used_before = engine.counts(), worker.ask("usage")
    time.sleep(duration_s)
    after, used = engine.counts(), worker.ask("usage")
    took_s = after["now_s"] - before["now_s"]
    jobs = after["completed"] - before["completed"]
    cpu_s = used["cpu_s"] - used_before["cpu_s"]
    return {
        "jobs_per_s": jobs / took_s,
        "cpu_us_per_job": cpu_s / jobs * 1e6 if jobs else float("nan"),
        "polls_per_s": (after["polls"] - before["polls"]) / took_s,
        "core_percent": cpu_s / (used["now_s"] - used_before["now_s"]) * 100,
        "threads": used["threads"],
    }


def _backlog_drain(
    bench: Bench, kind: str, *, case: str, title: str, handler_ms: float, steps: int
) -> Result:
    result = Result(case, kind, title)
    count = int(bench.pick(quick=2000, full=6000)) // steps
    with bench.engine(kind) as engine:
        for _, contender in bench.interleaved():
            definition = chain(steps, case)
            upload(engine, definition)
            start_many(engine, definition["id"], count)
            types = job_types(definition)
            with contender.worker(engine.url, f"--handler-ms={handler_ms}", f"--job-types={types}") as worker:
                values = drain(
                    engine,
                    worker,
                    definition_id=definition["id"],
                    steps=steps,
                    limit_s=bench.pick(quick=4.0, full=15.0),
                )
            result.samples.append(Sample(contender.name, values))
    return result


def drain(
    engine: Engine, worker: Child, *, definition_id: str, steps: int, limit_s: float
) -> dict[str, float]:
    """Let the worker empty the backlog, for ``limit_s`` at most.

    Counted are the jobs of completed instances, from the first job's handler to the last completion on
    the engine's clock, so start-up does not count.
    """
    deadline = time.monotonic() + limit_s
    while engine.active(definition_id) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
    used = worker.ask("usage")
    times = engine.times(definition_id)
    if not times:
        return {"jobs_per_s": float("nan"), "cpu_us_per_job": float("nan"), "threads": used["threads"]}
    jobs = len(times) * steps
    took_s = max(each.completed_s for each in times) - used["first_job_at_s"]
    return {
        "jobs_per_s": jobs / took_s,
        "cpu_us_per_job": (used["cpu_s"] - used["cpu_before_jobs_s"]) / jobs * 1e6,
        "threads": used["threads"],
    }
