"""Where the CPU time of one job goes: `python -m benchmarks.profile_worker [--seconds 5] [--handler-ms 0]`.

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

from benchmarks.engines import null_engine
from benchmarks.worker_program import make_handler
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner

LINES = 32


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
            print(f"\n{kind} × {len(profiles)}: {stats.total_tt / jobs * 1e6:.0f} µs a job")
            print("  own µs  with callees   calls  function")
            costliest = sorted(stats.stats.items(), key=lambda item: item[1][2], reverse=True)
            for place, (_, calls, own_s, total_s, _) in costliest[:LINES]:
                own_us, total_us = own_s / jobs * 1e6, total_s / jobs * 1e6
                print(f"{own_us:8.1f}{total_us:14.1f}{calls / jobs:8.2f}  {shown_place(place)}")


def shown_place(place: tuple[str, int, str]) -> str:
    """A function by the last folders of its file, so that no home folder is printed."""
    file, line, name = place
    return name if file == "~" else f"{'/'.join(file.split('/')[-3:])}:{line} {name}"


def main() -> None:
    """Run the worker for a while in this process, then print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--handler-ms", type=float, default=0.0)
    given = options.parse_args()
    registry = HandlerRegistry()
    registry.register("bench", make_handler(given.handler_ms / 1000))
    stop = threading.Event()
    with null_engine() as engine, Profiles() as profiles:
        engine.set_endless(on=True)
        threading.Timer(given.seconds, stop.set).start()
        with RestEngineClient(engine.url) as client:
            Runner(client, registry, "profiled").run(stop)
        jobs = engine.counts()["completed"]
    print(f"{jobs:.0f} jobs in {given.seconds:.0f} s")
    profiles.show(jobs)


if __name__ == "__main__":
    main()
