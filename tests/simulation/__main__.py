"""`make simulate SEEDS=1000`: many worlds, in parallel; exit status 1 and a timeline where a promise was broken."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor

from simulation.planted_kafka_faults import ALL_FAULTS
from simulation.timeline import shrunk, with_short_names
from simulation.world import Course, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100, help="how many of them")
    parser.add_argument(
        "--planted",
        metavar="WORDS",
        help="say for each planted fault with these words in it which seed finds it",
    )
    arguments = parser.parse_args()
    if arguments.planted is not None:
        return look_for_planted(arguments.planted, range(arguments.first, arguments.first + arguments.seeds))
    began, broken, jobs, steps, simulated_s = time.monotonic(), 0, 0, 0, 0.0
    with ProcessPoolExecutor() as pool:
        for course in pool.map(run, range(arguments.first, arguments.first + arguments.seeds)):
            jobs, steps, simulated_s = (
                jobs + course.jobs,
                steps + course.steps,
                simulated_s + course.simulated_s,
            )
            if course.broken:
                broken += 1
                print(readable(course), end="\n\n", flush=True)
    took_s = time.monotonic() - began
    print(
        f"{arguments.seeds:,} seeds, {broken:,} of them broke a promise; {jobs:,} jobs, {steps:,} steps, "
        f"{simulated_s / 3600:.1f} simulated hours in {took_s:.1f} s: {arguments.seeds / took_s:.1f} seeds, "
        f"{jobs / took_s:,.0f} jobs and {simulated_s / 3600 / took_s:.3f} hours a second"
    )
    return 1 if broken else 0


def readable(course: Course) -> str:
    """The smallest world that breaks the promise, how to see it again, and what happened there."""
    small = shrunk(course)
    call = f"run({small.seed}, instances={small.instances}, without={small.without!r})"
    lines = "\n".join(f"  {line}" for line in with_short_names([small.broken, *small.timeline]))
    return (
        f"seed {course.seed} (engine {course.version}, {course.kind}) breaks a promise; again: "
        f"make simulate ARGS='--first {course.seed} --seeds 1'\n"
        f"The smallest world that breaks it, {call}, up to there:\n{lines}"
    )


def look_for_planted(words: str, seeds: range) -> int:
    """Print for each planted fault the first seed that finds it; 1 where one is not found."""
    missed = 0
    for fault in (fault for fault in ALL_FAULTS if words in fault.what):
        with fault.planted():
            found = next((course for seed in seeds if (course := run(seed)).broken), None)
        missed += found is None
        print(f"{fault.what}: {f'seed {found.seed}: {found.broken}' if found else 'NOT FOUND'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
