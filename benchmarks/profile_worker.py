"""Where the CPU time of one job goes: `python -m benchmarks.profile_worker [--kafka] [--handler-ms 20]`.

Runs our worker on the null engine with every thread under cProfile on its own CPU clock, and prints the
costliest functions by kind of thread, in µs a job. The profiler costs about as much again as the work, so
the shares tell more than the sums.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import threading
import time
from collections import defaultdict
from typing import Any, Self

from benchmarks.brokers import produce
from benchmarks.engines import null_engine
from benchmarks.processes import ROOT
from benchmarks.worker_program import make_handler
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.runner import Runner

LINES = 32
WORTH_SHOWING_S = 1e-6
JOB_TYPE = "bench"


class Profiles:
    """One profiler a thread, gathered by the kind of thread."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[cProfile.Profile]] = defaultdict(list)

    def __enter__(self) -> Self:
        threading.setprofile(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        threading.setprofile(None)

    def _listen(self, *_: object) -> None:
        """Called at a new thread's first step: from here on its own profiler listens."""
        sys.setprofile(None)
        kind = threading.current_thread().name.rstrip("0123456789 -_()")
        profile = cProfile.Profile(time.thread_time)
        self._by_kind[kind].append(profile)
        profile.enable()

    def show(self, jobs: float) -> None:
        """Print the costliest functions of each kind of thread, per job."""
        for kind, profiles in self._by_kind.items():
            stats: Any = pstats.Stats(*profiles)
            if stats.total_tt / jobs < WORTH_SHOWING_S:
                continue
            print(f"\n{kind} × {len(profiles)}: {stats.total_tt / jobs * 1e6:.0f} µs a job")
            print("  own µs  with callees   calls  function")
            costliest = sorted(stats.stats.items(), key=lambda item: item[1][2], reverse=True)
            for place, (_, calls, own_s, total_s, _) in costliest[:LINES]:
                own_us, total_us = own_s / jobs * 1e6, total_s / jobs * 1e6
                print(f"{own_us:8.1f}{total_us:14.1f}{calls / jobs:8.2f}  {shown_place(place)}")


def shown_place(place: tuple[str, int, str]) -> str:
    """A function by the last folders of its file, so that no home folder is printed."""
    file, line, name = place
    if file == "~":
        return name
    own = file.removeprefix(f"{ROOT}/") if "site-packages" not in file else ""
    return f"{own if own and own != file else '/'.join(file.split('/')[-3:])}:{line} {name}"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--handler-ms", type=float, default=0.0)
    parser.add_argument("--kafka", action="store_true", help="take the jobs from a topic of the mock broker")
    return parser.parse_args()


def poll(url: str, registry: HandlerRegistry, seconds: float) -> None:
    """Run a polling worker for a while."""
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    with RestEngineClient(url) as client:
        Runner(client, registry, "profiled").run(stop)


def consume(url: str, registry: HandlerRegistry, seconds: float) -> None:
    """Run a Kafka worker for a while on a backlog of one partition."""
    with EmbeddedBroker() as broker, RestEngineClient(url) as client:
        broker.create_topic(topic_of(JOB_TYPE), partitions=1)
        produce(broker.address, JOB_TYPE, partitions=1, per_partition=15_000)
        runner = KafkaRunner("profiled", broker.address, client, registry)
        threading.Timer(seconds, runner.stop).start()
        runner.run()


def main() -> None:
    """Run the worker for a while in this process, then print."""
    given = options()
    registry = HandlerRegistry()
    registry.register(JOB_TYPE, make_handler(given.handler_ms / 1000))
    with null_engine() as engine, Profiles() as profiles:
        engine.set_endless(on=True)
        (consume if given.kafka else poll)(engine.url, registry, given.seconds)
        jobs = engine.counts()["completed"]
    print(f"{jobs:.0f} jobs in {given.seconds:.0f} s")
    profiles.show(jobs)


if __name__ == "__main__":
    main()
