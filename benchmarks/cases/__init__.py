"""One module per family of cases; ``CASES`` names them all in the order they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.cases import (
    dev_engine,
    drain,
    host_processes,
    kafka,
    kafka_footprint,
    kafka_latency,
    latency,
    load,
    memory,
    page,
    quiet,
    startup,
)
from benchmarks.results import Result


@dataclass(frozen=True)
class Case:
    """A name for ``--case``, what it is about, and the function that measures it.

    Those not in quick runs are measured there only when they are asked for by name.
    """

    name: str
    about: str
    run: Callable[[Bench], Iterator[Result]]
    in_quick_runs: bool = True


CASES = (
    Case("null", "the null engine's own limit, beside the requests of the fastest client", drain.null_limit),
    Case("drain", "no-op jobs as fast as they come", drain.no_op),
    Case("handler", "jobs whose handler takes 20 ms", drain.handler_20ms, in_quick_runs=False),
    Case("chain", "instances of three steps in a row", drain.chains),
    Case("latency", "start to completion under random arrivals", latency.latency),
    Case("idle", "polls and CPU of an idle worker, and a burst after idling", quiet.idle_and_burst),
    Case("fleet", "ten workers share little work", quiet.fleet, in_quick_runs=False),
    Case(
        "processes",
        "`work --processes 2` beside 1, with handlers that need the CPU",
        host_processes.scaling,
        in_quick_runs=False,
    ),
    Case("startup", "a worker process until its first poll", startup.worker_startup),
    Case("cli", "the start-up of every class of command", startup.command_startup),
    Case("dev", "the dev engine's own limit, in memory and on a file", dev_engine.dev_engine_limit),
    Case("dev-ready", "the dev engine from nothing to serving", dev_engine.dev_engine_ready),
    Case("page", "the page of `rochallor ui` until its first rows, and a thousand", page.first_rows),
    Case("kafka", "no-op jobs from Kafka, on one and on six partitions", kafka.no_op, in_quick_runs=False),
    Case("kafka-handler", "the same with a handler of 20 ms", kafka.handler_20ms, in_quick_runs=False),
    Case("kafka-latency", "start to completion over Kafka", kafka_latency.latency, in_quick_runs=False),
    Case(
        "kafka-memory",
        "a Kafka worker's memory over 100,000 jobs",
        kafka_footprint.memory,
        in_quick_runs=False,
    ),
    Case(
        "kafka-types",
        "one worker for fifty job types, idle and with a backlog",
        kafka_footprint.many_types,
        in_quick_runs=False,
    ),
    Case("memory", "a worker's memory over 100,000 jobs", memory.memory, in_quick_runs=False),
    Case("load", "throughput and latency against load, for --plot", load.sweep, in_quick_runs=False),
)
