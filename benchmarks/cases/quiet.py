"""What a worker costs while nothing comes, how it wakes up, and how a fleet of ten shares little work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

from benchmarks.arrivals import start_at_random
from benchmarks.bench import Bench
from benchmarks.cases.latency import LATE_S, Meter, latencies, wait_until_done, warm_up
from benchmarks.contenders import Contender
from benchmarks.engines import Engine
from benchmarks.processes import Child
from benchmarks.results import Result, Sample
from benchmarks.workflows import chain, job_types, start_many, upload

# Our pacing forgets the busy past within some 17 s; measuring earlier would measure the forgetting.
SETTLE_S = 20.0
BURST = 200
FLEET = 10
FLEET_RATE = 20


def idle_and_burst(bench: Bench) -> Iterator[Result]:
    """Idle cost, then a burst; the contenders idle side by side, each on an engine of its own."""
    kind = bench.one_engine_kind("null")
    idle = Result("idle", kind, "A worker with nothing to do")
    burst = Result("burst", kind, f"{BURST} instances at once after idling")
    for _ in range(bench.rounds_of(quick=1, full=3)):
        _one_round(bench, idle, burst)
    yield idle
    yield burst


def _one_round(bench: Bench, idle: Result, burst: Result) -> None:
    with ExitStack() as stack:
        places = [_Place(stack, bench.engine(idle.engine), contender) for contender in bench.contenders]
        for place in places:
            warm_up(place.engine, place.definition_id)
        time.sleep(SETTLE_S)
        meters = [Meter(place.engine, place.worker) for place in places]
        time.sleep(bench.pick(quick=3.0, full=15.0))
        for place, meter in zip(places, meters, strict=True):
            idle.samples.append(Sample(place.name, meter.since()))
        for place in places:
            burst.samples.append(Sample(place.name, place.burst()))


class _Place:
    """A contender's worker on an engine that it has for itself, unless a running one was named."""

    def __init__(
        self, stack: ExitStack, engine: AbstractContextManager[Engine], contender: Contender
    ) -> None:
        self.name = contender.name
        self.engine = stack.enter_context(engine)
        definition = chain(1, "quiet")
        self.definition_id = upload(self.engine, definition)
        worker = contender.worker(self.engine.url, f"--job-types={job_types(definition)}")
        self.worker: Child = stack.enter_context(worker)

    def burst(self) -> dict[str, float]:
        """Start many at once: how long until the first and the last are done."""
        skip = len(self.engine.times(self.definition_id))
        start_many(self.engine, self.definition_id, BURST)
        wait_until_done(self.engine, self.definition_id, LATE_S)
        times = sorted(self.engine.times(self.definition_id), key=lambda each: each.started_s)[skip:]
        begun_s = times[0].started_s
        return {
            "first_done_ms": (min(each.completed_s for each in times) - begun_s) * 1000,
            "all_done_ms": (max(each.completed_s for each in times) - begun_s) * 1000,
        }


def fleet(bench: Bench) -> Iterator[Result]:
    """Ten workers of one kind on one engine, idle and at 20 starts a second."""
    kind = bench.one_engine_kind("null")
    result = Result("fleet", kind, f"{FLEET} workers, {FLEET_RATE} starts/s; polls and CPU of all together")
    for contender in bench.contenders:
        result.samples.append(Sample(contender.name, _one_fleet(bench, kind, contender)))
    yield result


def _one_fleet(bench: Bench, kind: str, contender: Contender) -> dict[str, float]:
    definition = chain(1, "fleet")
    with ExitStack() as stack:
        engine = stack.enter_context(bench.engine(kind))
        definition_id = upload(engine, definition)
        workers = [
            stack.enter_context(
                contender.worker(
                    engine.url, f"--job-types={job_types(definition)}", f"--worker-id=bench-{number}"
                )
            )
            for number in range(FLEET)
        ]
        warm_up(engine, definition_id)
        time.sleep(SETTLE_S)
        skip = len(engine.times(definition_id))
        idle = _together(engine, workers, lambda: time.sleep(bench.pick(quick=3.0, full=8.0)))
        busy = _together(
            engine,
            workers,
            lambda: start_at_random(
                engine,
                definition_id,
                rate_per_s=FLEET_RATE,
                duration_s=bench.pick(quick=8.0, full=20.0),
                seed=0,
            ),
        )
        wait_until_done(engine, definition_id, LATE_S)
        times = sorted(engine.times(definition_id), key=lambda each: each.started_s)[skip:]
    named = {f"idle_{name}": value for name, value in idle.items()}
    return latencies([each.latency_ms for each in times]) | busy | named


def _together(engine: Engine, workers: list[Child], during: Callable[[], object]) -> dict[str, float]:
    """Polls and CPU of all workers while ``during`` runs."""
    meters = [Meter(engine, worker) for worker in workers]
    during()
    found = [meter.since() for meter in meters]
    # The null engine counts the polls of all workers, so every meter has read the sum.
    polls = [each["polls_per_s"] for each in found]
    return {
        "polls_per_s": max(polls) if engine.is_null else sum(polls),
        "core_percent": sum(each["core_percent"] for each in found),
    }
