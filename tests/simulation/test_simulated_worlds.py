"""Worlds from seeds in which no promise is broken, and planted faults which break one."""

from __future__ import annotations

import pytest

from simulation.kinds import KINDS, VERSIONS, Seed, seed_of
from simulation.planted_faults import Plant
from simulation.planted_kafka_faults import ALL_FAULTS
from simulation.timeline import shrunk, with_short_names
from simulation.world import run

# Those that found something in the worker.
FOUND = (
    # A retry takes the slot that a question under way may fill;
    Seed(216, "failures are held", "0"),
    # and so does a job that was given back;
    Seed(318, "jobs are given back", "0"),
    # and its handler is async: no thread bounds it.
    Seed(321, "jobs are given back amid restarts", "0"),
    # The handler of a job whose instance has ended is called again.
    Seed(19, "results are refused amid faults", "next"),
    # The failure of a job that was given back, and that another worker has failed meanwhile, is not reported.
    Seed(370, "jobs are given back", "next"),
    # A worker that joins behind a former log's offset commits nothing.
    Seed(0, "kafka: topics are made anew amid restarts", "0"),
    # A retry that is published late is failed, though the attempt before it was done here since.
    Seed(126, "kafka: strangers", "0"),
    # What was said of reports while some were in trouble is said on.
    Seed(5, "kafka: the last commit is lost", "leases"),
    # A partition comes while the buffer is full, and a record with it.
    Seed(11, "kafka: little room", "leases"),
    # A job waits for a thread, and starts beside the next one that the rate of its type allows.
    Seed(171, "kafka: failures are held", "0"),
    # The retry of an attempt comes while a connection is made for its failure, and that is not taken for an answer.
    Seed(913, "reloads", "next"),
)
# Those in which nothing but a promise was wrong.
EXCUSED = (
    # After a time-out the history shows that the job is done, and its retry's late record runs before the hold's end.
    Seed(279, "kafka: consumers fail amid faults", "0"),
)
# Each kind of world on two of the three versions.
CHOSEN = [
    seed_of(len(VERSIONS) * turn + (turn + step) % len(VERSIONS))
    for turn in range(len(KINDS))
    for step in range(2)
]
SEEDS = (*CHOSEN, *FOUND, *EXCUSED)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_no_promise_is_broken(seed: Seed) -> None:
    course = run(seed)
    assert not course.broken, course.text


# Callbacks and timers for a job where nothing goes wrong: what a world costs besides the jobs themselves.
@pytest.mark.parametrize(("kind", "steps"), [("calm", 70), ("kafka: calm", 75)])
def test_a_world_takes_few_steps_for_a_job(kind: str, steps: int) -> None:
    courses = [run(Seed(number, kind, version)) for number, version in enumerate(VERSIONS)]
    assert sum(course.steps for course in courses) <= steps * sum(course.jobs for course in courses)


def test_a_seed_is_one_course_of_events() -> None:
    assert run(seed_of(20)) == run(seed_of(20))


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
