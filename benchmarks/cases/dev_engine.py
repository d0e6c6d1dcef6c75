"""The dev engine's own speed: starts and completions a second, few and many instances, memory and file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.engines import Engine, dev_engine
from benchmarks.results import Result, Sample
from benchmarks.wire import Wire, WireError
from benchmarks.workflows import FILL_CONNECTIONS, chain, start_many, upload
from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, HandClock

BATCH = 64
MOST_COMPLETIONS = 5_000
READY_ROUNDS = 5


def dev_engine_limit(bench: Bench) -> Iterator[Result]:
    """Raw sockets play the worker, so the engine is what is measured."""
    sizes = (1_000, 10_000) if bench.quick else (1_000, 100_000)
    result = Result("dev", "dev", f"The dev engine loaded by raw sockets, {FILL_CONNECTIONS} at once")
    for size in sizes:
        result.samples.append(Sample(f"in memory, {size:,} instances", _one_engine(size)))
        with tempfile.TemporaryDirectory() as folder:
            database = str(Path(folder) / "bench.db")
            values = _one_engine(size, "--db", database)
        result.samples.append(Sample(f"on a file, {size:,} instances", values))
    yield result


def dev_engine_ready(bench: Bench) -> Iterator[Result]:
    """From the command, and from asking for the pytest fixture's engine, to the first answer."""
    result = Result("dev-ready", "dev", "The dev engine from nothing to serving")
    for _ in range(2 if bench.quick else READY_ROUNDS):
        begun_s = time.perf_counter()
        with dev_engine():
            result.samples.append(Sample("rochallor dev", _ready(begun_s)))
    # The first engine of a process also loads what the later ones share.
    for name in ("fixture, first of the process", *["fixture"] * READY_ROUNDS):
        begun_s = time.perf_counter()
        with DevEngine(DevEngineConfig(port=0, clock=HandClock(), seed=0, engine_version="next")):
            result.samples.append(Sample(name, _ready(begun_s)))
    yield result


def _ready(begun_s: float) -> dict[str, float]:
    return {"ready_ms": (time.perf_counter() - begun_s) * 1000}


def _one_engine(size: int, *arguments: str) -> dict[str, float]:
    definition = chain(1, "dev")
    with dev_engine(*arguments) as engine:
        upload(engine, definition)
        begun_s, cpu_s = time.perf_counter(), engine.cpu_s()
        start_many(engine, definition["id"], size)
        values = {
            "starts_per_s": size / (time.perf_counter() - begun_s),
            "cpu_us_per_start": (engine.cpu_s() - cpu_s) / size * 1e6,
        }
        begun_s, cpu_s = time.perf_counter(), engine.cpu_s()
        done = _complete_all(engine, definition["steps"][0]["jobType"], min(size, MOST_COMPLETIONS))
        return values | {
            "completions_per_s": done / (time.perf_counter() - begun_s),
            "cpu_us_per_job": (engine.cpu_s() - cpu_s) / done * 1e6,
        }


def _complete_all(engine: Engine, job_type: str, count: int) -> int:
    """Claim and complete ``count`` jobs, as one worker with 16 connections would."""
    done = 0
    with Wire(engine.url, FILL_CONNECTIONS) as wire:
        while done < count:
            asked = {"workerId": "bench", "jobTypes": [job_type], "maxJobs": BATCH}
            jobs = wire.call("POST", "/v1/jobs/poll", asked)["jobs"]
            if not jobs:
                raise WireError(f"the engine has no more jobs after {done} of {count}")
            wire.post_each([f"/v1/jobs/{job['id']}/complete" for job in jobs], {"workerId": "bench"})
            done += len(jobs)
    return done
