"""When a host that was started until idle leaves by itself."""

from __future__ import annotations

from dataclasses import replace

from rochallor_cli.hosting.health.status import WorkerStatus
from rochallor_cli.hosting.idleness import Idleness, Unavailability

READY = WorkerStatus("w", 1, "poll", "running", engine_reachable=True, is_idle=True)
AWAY = replace(READY, engine_reachable=False, reason="engine unreachable: connection refused", is_idle=False)


def test_an_engine_that_is_away_for_too_long_is_named_with_its_reason() -> None:
    assert Unavailability(0.0).too_long([READY, AWAY]) == "engine unreachable: connection refused"
    assert Unavailability(3600.0).too_long([READY, AWAY]) == ""


def test_brokers_that_are_away_count_as_well() -> None:
    stalled = replace(READY, mode="kafka", reason="consumer stalled: brokers are away")
    assert Unavailability(0.0).too_long([stalled]) == "consumer stalled: brokers are away"


def test_workers_that_still_start_are_waited_for() -> None:
    assert Unavailability(0.0).too_long([WorkerStatus("w", 1, "poll", "starting")]) == ""


def test_an_engine_that_came_back_is_not_held_against_the_host() -> None:
    absence = Unavailability(0.0)
    assert absence.too_long([AWAY])
    assert absence.too_long([READY]) == ""


def test_workers_that_have_nothing_to_do_are_idle_and_those_whose_engine_is_away_are_not() -> None:
    idleness = Idleness(0.0)
    idleness.lasts([READY])  # what was settled before it was asked for the first time is not known
    assert idleness.lasts([READY])
    assert not idleness.lasts([READY, AWAY])
    assert not idleness.lasts([replace(READY, jobs_settled=1)])
