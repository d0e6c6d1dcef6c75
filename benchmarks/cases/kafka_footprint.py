"""What a Kafka worker holds and costs: memory over many jobs, and fifty job types with and without work."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.brokers import Broker, broker_at, produce
from benchmarks.contenders import Contender
from benchmarks.engines import Engine, null_engine
from benchmarks.processes import Child
from benchmarks.results import Result, Sample
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of

# The mock broker keeps 5 MiB a partition: some 20,000 of these records.
MEMORY_PARTITIONS = 8
TYPES = 50
# Six megabytes in all: more than the consumers together may hold ready.
BACKLOG_PER_TYPE = 1_000
SLOW_HANDLER_MS = 1_000
JOIN_S = 90.0
LIMIT_S = 120.0
# After the consumers have joined, and after the last job.
SETTLE_S = 8.0


def memory(bench: Bench) -> Iterator[Result]:
    """The peak of the resident memory: the ids of 50,000 finished jobs are remembered, and no more."""
    counts = (2_000, 10_000) if bench.quick else (10_000, 60_000, 100_000)
    with broker_at(bench.brokers) as broker:
        result = Result("kafka-memory", broker.name, "Peak resident memory over jobs from Kafka")
        for contender in bench.of_this_repository():
            result.samples.append(Sample(contender.name, _memory_of(broker, contender, counts)))
    yield result


def _memory_of(broker: Broker, contender: Contender, counts: tuple[int, ...]) -> dict[str, float]:
    job_type, each = f"bench-{time.time_ns():x}", -(-counts[-1] // MEMORY_PARTITIONS)
    broker.create_topics([topic_of(job_type)], partitions=MEMORY_PARTITIONS)
    produce(broker.address, job_type, partitions=MEMORY_PARTITIONS, per_partition=each)
    found = {}
    with null_engine() as engine:
        arguments = (f"--brokers={broker.address}", f"--job-types={job_type}")
        with contender.worker(engine.url, *arguments) as worker:
            for count in counts:
                _wait_for_completed(engine, count, LIMIT_S)
                found[f"after_{count // 1000}k_jobs_mb"] = worker.ask("usage")["peak_rss_mb"]
            found["jobs_done"] = engine.counts()["completed"]
    return found


def _wait_for_completed(engine: Engine, count: int, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while engine.counts()["completed"] < count and time.monotonic() < deadline:
        time.sleep(0.05)


def many_types(bench: Bench) -> Iterator[Result]:
    """One worker for fifty job types: what it costs idle, and what it holds with a backlog in each topic."""
    with broker_at(bench.brokers) as broker:
        result = Result("kafka-types", broker.name, f"One worker, {TYPES} job types")
        for contender in bench.of_this_repository():
            result.samples.append(Sample(contender.name, _many_types_of(bench, broker, contender)))
    yield result


def _many_types_of(bench: Bench, broker: Broker, contender: Contender) -> dict[str, float]:
    types = [f"bench-{time.time_ns():x}-{number}" for number in range(TYPES)]
    broker.create_topics([topic_of(each) for each in types], partitions=1)
    arguments = (f"--brokers={broker.address}", f"--job-types={','.join(types)}")
    with (
        null_engine() as engine,
        contender.worker(engine.url, *arguments, f"--handler-ms={SLOW_HANDLER_MS}") as worker,
    ):
        for number, each in enumerate(types):
            produce(broker.address, each, partitions=1, per_partition=1, tag=f"{number}-first-")
        _wait_for_completed(engine, TYPES, JOIN_S)
        time.sleep(SETTLE_S)
        idle = _idle(worker, bench.pick(quick=5.0, full=20.0))
        for number, each in enumerate(types):
            produce(broker.address, each, partitions=1, per_partition=BACKLOG_PER_TYPE, tag=f"{number}-")
        time.sleep(SETTLE_S)
        held = worker.ask("usage")
        joined = engine.counts()["completed"] >= TYPES
    return idle | {"backlog_peak_mb": held["peak_rss_mb"], "threads": held["threads"], "all_joined": joined}


def _idle(worker: Child, duration_s: float) -> dict[str, float]:
    before = worker.ask("usage")
    time.sleep(duration_s)
    after = worker.ask("usage")
    took_s = after["now_s"] - before["now_s"]
    return {
        "idle_core_percent": (after["cpu_s"] - before["cpu_s"]) / took_s * 100,
        "idle_wakeups_per_s": (after["voluntary_switches"] - before["voluntary_switches"]) / took_s,
        "idle_peak_mb": after["peak_rss_mb"],
    }
