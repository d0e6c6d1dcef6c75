"""Who is measured when, on which engine, and how a latency over Kafka is split."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.cases.host_processes import BARE, HOST, notes, subject
from benchmarks.cases.kafka_latency import parts
from benchmarks.contenders import Contender
from benchmarks.engines import Times
from benchmarks.results import Result, Sample


def contenders(*names: str) -> tuple[Contender, ...]:
    return tuple(Contender(name, Path("python"), {}) for name in names)


def test_contenders_take_turns_and_each_round_begins_with_another() -> None:
    bench = Bench(contenders("a", "b"))
    turns = [(number, contender.name) for number, contender in bench.interleaved(2)]
    assert turns == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]


def test_the_slow_setting_is_left_out_where_it_only_takes_time() -> None:
    bench = Bench(contenders("ours", "published 10 ms", "published default"))
    assert [each.name for each in bench.fastest()] == ["ours", "published 10 ms"]


@pytest.mark.parametrize(
    ("bench", "kind"),
    [
        (Bench(()), "null"),
        (Bench((), engine_kind="dev"), "dev"),
        (Bench((), engine_kind="dev", engine_url="http://engine"), "url"),
    ],
)
def test_a_case_on_one_engine_takes_the_one_that_was_asked_for(bench: Bench, kind: str) -> None:
    assert bench.one_engine_kind("null") == kind


def test_a_latency_over_kafka_is_the_relays_part_and_what_came_after() -> None:
    times = [Times("i1", 10.0, 10.030), Times("i2", 20.0, 20.050), Times("unseen", 30.0, 31.0)]
    split = parts(times, {"i1": 10.020, "i2": 20.045})
    assert {name: round(value) for name, value in split.items()} == {
        "relay_p50_ms": 20,
        "relay_p99_ms": 45,
        "after_relay_p50_ms": 5,
        "after_relay_p99_ms": 10,
    }


def scaled(*, bare: float, host: float, engine_percent: float) -> list[str]:
    """What is said of two processes that do so many times the jobs of one."""
    result = Result("processes", "null", "")
    for what, ratio in ((BARE, bare), (HOST, host)):
        for count, jobs in ((1, 100.0), (2, 100.0 * ratio)):
            values = {"jobs_per_s": jobs, "core_percent": 100.0, "engine_core_percent": engine_percent}
            result.samples.append(Sample(subject(what, count), values))
    return list(notes(result, cores=2))


@pytest.mark.parametrize(
    ("bare", "host", "engine_percent", "verdict"),
    [
        (1.99, 1.85, 4.0, "held"),
        (1.99, 1.70, 4.0, "MISSED"),
        (1.60, 1.55, 4.0, "not to be said, the machine was the limit"),
        (1.99, 1.70, 30.0, "not to be said, the machine was the limit"),
        (1.99, 1.10, 95.0, "not to be said, the engine was the limit"),
    ],
)
def test_a_worker_is_blamed_only_for_what_the_machine_and_the_engine_allow(
    bare: float, host: float, engine_percent: float, verdict: str
) -> None:
    assert scaled(bare=bare, host=host, engine_percent=engine_percent)[-1].endswith(f"Goal ≥ 1.8: {verdict}.")


def test_what_is_possible_is_what_the_engine_leaves_and_bare_python_reaches() -> None:
    assert "1.70 times one process was possible" in scaled(bare=1.99, host=1.6, engine_percent=30.0)[0]
    assert "1.50 times one process was possible" in scaled(bare=1.5, host=1.4, engine_percent=30.0)[0]
