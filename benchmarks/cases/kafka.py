"""Kafka drains: jobs from a topic's backlog, on the embedded mock broker or on a real one (--brokers)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.brokers import broker_at, produce
from benchmarks.contenders import Contender
from benchmarks.engines import Engine, null_engine
from benchmarks.processes import Child
from benchmarks.results import Result, Sample
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of

PARTITIONS = (1, 6)
# The embedded broker keeps 5 MiB a partition: some 20,000 of these records.
MOST_PER_PARTITION = 15_000
FIRST_REPORT_S = 60.0


def no_op(bench: Bench) -> Iterator[Result]:
    """No-op handlers, on one and on six partitions."""
    yield from _drains(bench, "kafka", "No-op jobs from Kafka", handler_ms=0.0)


def handler_20ms(bench: Bench) -> Iterator[Result]:
    """Handlers that wait 20 ms: what handling records of one partition side by side brings."""
    yield from _drains(bench, "kafka-handler", "Jobs from Kafka with a handler of 20 ms", handler_ms=20.0)


def _drains(bench: Bench, case: str, title: str, *, handler_ms: float) -> Iterator[Result]:
    # The published SDK's Kafka runner has no poll interval, so its two settings are one here.
    for partitions in PARTITIONS:
        shown = f"{title}, {partitions} partition{'s' if partitions > 1 else ''}"
        result = Result(case, "real broker" if bench.brokers else "mock broker", shown)
        for _ in range(bench.rounds_of(quick=1, full=2)):
            for contender in bench.fastest():
                values = _one_run(bench, contender, partitions=partitions, handler_ms=handler_ms)
                result.samples.append(Sample(contender.name.removesuffix(" 10 ms"), values))
        yield result


def _one_run(bench: Bench, contender: Contender, *, partitions: int, handler_ms: float) -> dict[str, float]:
    job_type = f"bench-{time.time_ns():x}"
    per_partition = int(bench.pick(quick=3_000, full=MOST_PER_PARTITION))
    with broker_at(bench.brokers) as broker, null_engine() as engine:
        broker.create_topics([topic_of(job_type)], partitions=partitions)
        produce(broker.address, job_type, partitions=partitions, per_partition=per_partition)
        arguments = (f"--brokers={broker.address}", f"--job-types={job_type}", f"--handler-ms={handler_ms}")
        with contender.worker(engine.url, *arguments) as worker:
            return _drain(
                engine, worker, jobs=per_partition * partitions, duration_s=bench.pick(quick=4.0, full=10.0)
            )


def _drain(engine: Engine, worker: Child, *, jobs: int, duration_s: float) -> dict[str, float]:
    """From the first report on, until the backlog is done or ``duration_s`` is over."""
    limit = time.monotonic() + FIRST_REPORT_S
    while not engine.counts()["completed"] and time.monotonic() < limit:
        time.sleep(0.02)
    used_before, begun = worker.ask("usage"), engine.counts()
    limit = time.monotonic() + duration_s
    while engine.counts()["completed"] < jobs and time.monotonic() < limit:
        time.sleep(0.1)
    used, counts = worker.ask("usage"), engine.counts()
    done = counts["completed"] - begun["completed"]
    took_s = counts["last_report_s"] - begun["now_s"]
    return {
        "jobs_per_s": done / took_s if done else float("nan"),
        "cpu_us_per_job": (used["cpu_s"] - used_before["cpu_s"]) / done * 1e6 if done else float("nan"),
        "threads": used["threads"],
    }
