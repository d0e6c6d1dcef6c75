"""`make simulate SEEDS=1000`: many worlds, in parallel; exit status 1 and a timeline where a promise was broken."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from simulation.kinds import KINDS, VERSIONS, Seed, seed_of
from simulation.planted_kafka_faults import ALL_FAULTS
from simulation.timeline import shrunk, with_short_names
from simulation.world import Course, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100, help="how many of them")
    parser.add_argument(
        "--kind", choices=KINDS, default="", help="of this kind alone, in place of all in turn"
    )
    parser.add_argument("--engine", choices=VERSIONS, default="", help="the same for the engine's version")
    parser.add_argument(
        "--planted",
        metavar="WORDS",
        help="say for each planted fault with these words in it which seed finds it",
    )
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.seeds)
    seeds = [seed_of(number, kind=asked.kind, version=asked.engine) for number in numbers]
    return look(seeds) if asked.planted is None else look_for_planted(asked.planted, seeds)


def look(seeds: list[Seed]) -> int:
    """Print what is broken in these worlds, and how fast they went; 1 where anything is."""
    began, broken, jobs, steps, simulated_s = time.monotonic(), 0, 0, 0, 0.0
    with ProcessPoolExecutor() as pool:
        for course in pool.map(run, seeds):
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
        f"{len(seeds):,} seeds, {broken:,} of them broke a promise; {jobs:,} jobs, {steps:,} steps, "
        f"{simulated_s / 3600:.1f} simulated hours in {took_s:.1f} s: {len(seeds) / took_s:.1f} seeds, "
        f"{jobs / took_s:,.0f} jobs and {simulated_s / 3600 / took_s:.3f} hours a second"
    )
    return 1 if broken else 0


def readable(course: Course) -> str:
    """The smallest world that breaks the promise, how to see it again, and what happened there."""
    small, seed = shrunk(course), course.seed
    call = f"run(Seed{tuple(seed)!r}, instances={small.instances}, without={small.without!r})"
    lines = "\n".join(f"  {line}" for line in with_short_names([small.broken, *small.timeline]))
    return (
        f"seed {seed} breaks a promise; again:\n"
        f"make simulate ARGS='--first {seed.number} --seeds 1 --kind \"{seed.kind}\" --engine {seed.version}'\n"
        f"The smallest world that breaks it, {call}, up to there:\n{lines}"
    )


def look_for_planted(words: str, seeds: list[Seed]) -> int:
    """Print for each planted fault the first seed that finds it; 1 where one is not found."""
    wanted = [number for number, fault in enumerate(ALL_FAULTS) if words in fault.what]
    missed = 0
    with ProcessPoolExecutor() as pool:
        for number, found in zip(wanted, pool.map(partial(_first_finding, seeds), wanted), strict=True):
            missed += found is None
            print(f"{ALL_FAULTS[number].what}: {found or 'NOT FOUND'}", flush=True)
    return 1 if missed else 0


def _first_finding(seeds: list[Seed], fault: int) -> str | None:
    """The seed that finds the fault of this number, and what it breaks."""
    with ALL_FAULTS[fault].planted():
        course = next((course for seed in seeds if (course := run(seed)).broken), None)
    return course and f"{course.seed!r}: {course.broken}"


if __name__ == "__main__":
    raise SystemExit(main())
