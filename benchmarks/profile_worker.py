"""Where the CPU time of one job goes: `python -m benchmarks.profile_worker [--kafka] [--handler-ms 20]`.

Runs our worker on the null engine, first as it is and then with every thread under cProfile on its own CPU clock,
and prints the costliest functions by kind of thread, in µs a job. The profiler makes a job some ten times dearer,
which is taken off again (profiled_times.py).
"""

from __future__ import annotations

import argparse
import cProfile
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Self

from benchmarks.brokers import produce
from benchmarks.engines import null_engine
from benchmarks.profiled_times import ProfiledTimes, shown_place, stats_of
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
END_S = 5.0


class Spent:
    """The CPU time of each kind of thread, seen as it ends."""

    def __init__(self) -> None:
        self.by_kind: dict[str, float] = defaultdict(float)

    def __enter__(self) -> Self:
        self._run = run = threading.Thread.run

        def timed(thread: threading.Thread) -> None:
            try:
                run(thread)
            finally:
                self.by_kind[kind_of(thread)] += time.thread_time()

        threading.Thread.run = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        threading.Thread.run = self._run  # type: ignore[method-assign]


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
        profile = cProfile.Profile(time.thread_time)
        self._by_kind[kind_of(threading.current_thread())].append(profile)
        profile.enable()

    def show(self, jobs: float, spent_s: Mapping[str, float]) -> None:
        """Print the costliest functions of each kind of thread, per job; `spent_s` on as many without a profiler."""
        for kind, profiles in self._by_kind.items():
            times = ProfiledTimes(stats_of(profiles), spent_s.get(kind, 0.0))
            if times.total_s / jobs < WORTH_SHOWING_S:
                continue
            us, dearer = times.total_s / jobs * 1e6, times.profiled_s / times.total_s
            print(f"\n{kind} × {len(profiles)}: {us:.1f} µs a job, {dearer:.1f} times that profiled")
            print(f"  {', '.join(times.shares())}")
            print("  own µs  with callees   calls  function")
            for line in times.costliest(LINES):
                own_us, total_us = line.own_s / jobs * 1e6, line.total_s / jobs * 1e6
                calls = line.calls / jobs
                print(f"{own_us:8.1f}{total_us:14.1f}{calls:8.2f}  {shown_place(line.place)}")


def kind_of(thread: threading.Thread) -> str:
    """A thread's name without its number."""
    return thread.name.rstrip("0123456789 -_()")


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


def work(given: argparse.Namespace, watched: Spent | Profiles) -> float:
    """Run a worker for a while under watch, until its threads have ended; how many jobs it has done."""
    registry = HandlerRegistry()
    registry.register(JOB_TYPE, make_handler(given.handler_ms / 1000))
    with null_engine() as engine, watched:
        engine.set_endless(on=True)
        before = set(threading.enumerate())
        (consume if given.kafka else poll)(engine.url, registry, given.seconds)
        for thread in set(threading.enumerate()) - before:
            thread.join(END_S)
        return engine.counts()["completed"]


def main() -> None:
    """Run the worker in this process twice, then print."""
    given = options()
    spent, profiles = Spent(), Profiles()
    bare_jobs, jobs = work(given, spent), work(given, profiles)
    print(f"{bare_jobs:.0f} jobs in {given.seconds:.0f} s, {jobs:.0f} with the profiler")
    profiles.show(jobs, {kind: spent_s / bare_jobs * jobs for kind, spent_s in spent.by_kind.items()})


if __name__ == "__main__":
    main()
