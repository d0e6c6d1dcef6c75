"""Medians, ratios and percentiles of the benchmark results."""

from __future__ import annotations

import math

from benchmarks.engines import seconds_of
from benchmarks.results import Result, Sample, percentile


def result_of(*runs: tuple[str, float]) -> Result:
    samples = [Sample(subject, {"jobs_per_s": value}) for subject, value in runs]
    return Result("drain", "null", "No-op jobs", samples)


def test_a_ratio_compares_neighbouring_runs_not_medians() -> None:
    slow_then_fast = result_of(
        ("ours", 10), ("theirs", 5), ("ours", 100), ("theirs", 50), ("ours", 30), ("theirs", 15)
    )
    assert slow_then_fast.ratio("ours", "theirs", "jobs_per_s") == 2


def test_a_run_that_measured_nothing_does_not_count_in_the_median() -> None:
    assert result_of(("ours", 1), ("ours", math.nan), ("ours", 3)).median("ours", "jobs_per_s") == 2
    assert result_of(("ours", math.nan)).median("ours", "jobs_per_s") is None


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7
    assert math.isnan(percentile([], 0.5))


def test_engine_times_are_read_whatever_their_fraction_and_offset() -> None:
    whole = seconds_of("2026-05-03T13:08:33Z")
    assert seconds_of("2026-05-03T13:08:33.5Z") - whole == 0.5
    assert round(seconds_of("2026-05-03T13:08:33.123456789Z") - whole, 6) == 0.123456
    assert seconds_of("2026-05-03T20:08:33+07:00") == whole
