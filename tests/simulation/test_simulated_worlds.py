"""Worlds from seeds in which no promise is broken, and planted faults which break one."""

from __future__ import annotations

import pytest

from simulation.kinds import KINDS
from simulation.planted_faults import Plant
from simulation.planted_kafka_faults import ALL_FAULTS
from simulation.timeline import shrunk, with_short_names
from simulation.world import VERSIONS, run

# Each kind of world on each version of the engine, and those that found something in the worker; a fault that was
# found is planted as well where that can be done, since seeds move as the worlds change.
FOUND = (
    216,  # a retry takes the slot that a question under way may fill
    318,  # and so does a job that was given back
    321,  # and its handler is async: no thread bounds it
)
SEEDS = sorted({*range(len(VERSIONS) * len(KINDS)), *FOUND})


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken(seed: int) -> None:
    course = run(seed)
    assert not course.broken, course.text


def test_a_seed_is_one_course_of_events() -> None:
    assert run(20) == run(20)


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: fault.what)
def test_a_planted_fault_is_found(fault: Plant) -> None:
    with fault.planted():
        course = run(fault.seed)
    assert course.broken, f"not found by seed {fault.seed}: {fault.what}"
    assert course.timeline


def test_a_failing_seed_is_shrunk_to_a_world_that_breaks_the_same_promise() -> None:
    fault = next(fault for fault in ALL_FAULTS if fault.what == "a claim is dropped")
    with fault.planted():
        course = run(fault.seed)
        small = shrunk(course)
        again = run(small.seed, instances=small.instances, without=small.without)
    assert small.promise == course.promise
    assert small.instances < course.instances
    assert again.timeline == small.timeline
    text = "\n".join(with_short_names(small.timeline))
    assert "instance-1" in text
    assert not any(id_ in text for id_ in small.broken.split() if len(id_) == 26)
