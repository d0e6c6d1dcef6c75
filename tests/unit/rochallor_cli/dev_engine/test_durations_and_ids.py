"""How durations are read, ids are made, and paths are routed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.dev_engine import ENGINE_VERSIONS, engine_rules
from rochallor_cli.dev_engine.api.routes import BadPath, NoRoute, RouteMatch, find_route, routing_path
from rochallor_cli.dev_engine.clock import HandClock
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.ids import Ulids

SECOND = 1_000_000_000
OLD, NEW = engine_rules("0"), engine_rules("1.0.0")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT30M", 1800),
        ("PT1H30M", 5400),
        ("PT0.5H", 1800),
        ("P5M", 300),
        ("P1DT2H", 7200),
        ("PT-5M", 300),
        ("PT1M30", 60),
        ("PT5M ", 300),
        ("PT0H1S", 1),
    ],
)
def test_hours_minutes_and_seconds_count_and_the_rest_is_skipped(text: str, seconds: int) -> None:
    assert duration_ns(text, OLD) == seconds * SECOND


@pytest.mark.parametrize(
    "text", ["P7D", "P1W", "PT0S", "PT", "P", "x", "", "pt5m", "1h", "PT5", "PT5X", " PT5M", "PTM"]
)
def test_what_holds_no_time_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match="ISO-8601 duration"):
        duration_ns(text, OLD)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500))
def test_the_parts_of_a_duration_add_up(hours: int, minutes: int, seconds: int) -> None:
    total = (hours * 60 + minutes) * 60 + seconds
    for rules in (OLD, NEW):
        assert duration_ns(f"PT{hours}H{minutes}M{seconds}S", rules) == total * SECOND


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P7D", 604_800),
        ("P1DT12H", 129_600),
        ("P0.5D", 43_200),
        ("PT1.5S", 1.5),
        ("P1DT", 86_400),
        ("P1M", 60),
        ("PT1M30", 60),
        ("PT5M ", 300),
        ("PT1.5.5M", 90),
    ],
)
def test_days_count_from_1_0_0_on(text: str, seconds: float) -> None:
    assert duration_ns(text, NEW) == seconds * SECOND


@pytest.mark.parametrize("text", ["P1W", "PT0S", "PT", "P", "-PT5S", "PT-5M", "pt5s", "PT5", "PT5X", "PTM"])
def test_weeks_signs_and_lower_case_are_refused_from_1_0_0_on(text: str) -> None:
    with pytest.raises(DurationError, match="ISO-8601 duration"):
        duration_ns(text, NEW)


@given(st.text(max_size=20), st.sampled_from(ENGINE_VERSIONS))
def test_any_text_is_a_duration_or_refused(text: str, version: str) -> None:
    try:
        found = duration_ns(text, engine_rules(version))
    except DurationError:
        return
    assert found > 0


def test_ids_are_ulids_in_the_order_of_their_making() -> None:
    clock = HandClock()
    new_id = Ulids(clock, Random(1))
    ids = [new_id() for _ in range(1000)]
    clock.move_to(clock.now_ns() + 5_000_000)
    ids += [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2000
    assert all(len(each) == 26 and set(each) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for each in ids)


def test_a_clock_that_went_back_makes_no_earlier_ids() -> None:
    class Backwards:
        def __init__(self) -> None:
            self.now = 10**18

        def now_ns(self) -> int:
            self.now -= 10**9
            return self.now

    new_id = Ulids(Backwards(), Random(1))
    ids = [new_id() for _ in range(50)]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/healthz", RouteMatch("healthz")),
        ("HEAD", "/healthz", NoRoute.OTHER_METHOD),
        ("GET", "/v1/definitions/a%3Ab", RouteMatch("get_definition", ("a%3Ab",))),
        ("GET", "/v1/definitions/a:b", RouteMatch("get_definition", ("a:b",))),
        ("GET", "/v1/definitions/", NoRoute.UNKNOWN_PATH),
        ("GET", "/v1/definitions/a/b", NoRoute.UNKNOWN_PATH),
        ("POST", "/v1/jobs//complete", RouteMatch("complete_job", ("",))),
        ("POST", "/v1/jobs/poll", RouteMatch("poll_jobs")),
        ("POST", "/v1/jobs/poll/complete", RouteMatch("complete_job", ("poll",))),
        ("POST", "/v1/instances/i/signals/", NoRoute.UNKNOWN_PATH),
        ("POST", "/v1/instances/i/signals/a%20b", RouteMatch("signal", ("i", "a b"))),
        ("POST", "/v1/instances/i/user-tasks//complete", RouteMatch("complete_user_task", ("i", ""))),
        ("DELETE", "/v1/instances/i", NoRoute.OTHER_METHOD),
        ("GET", "/v1/instances/i/", NoRoute.UNKNOWN_PATH),
        ("GET", "//v1/instances", NoRoute.UNKNOWN_PATH),
    ],
)
def test_paths_are_routed_as_the_engine_routes_them(method: str, path: str, route: object) -> None:
    assert find_route(method, path, OLD) == route


def test_the_route_of_retries_is_there_from_its_version_on() -> None:
    path = "/v1/instances/i/steps/a%20b/retry"
    for version in ENGINE_VERSIONS:
        rules = engine_rules(version)
        found = find_route("POST", path, rules), find_route("GET", path, rules)
        there = (RouteMatch("retry_step", ("i", "a b")), NoRoute.OTHER_METHOD)
        assert found == (there if rules.step_retry else (NoRoute.UNKNOWN_PATH,) * 2)


def test_a_path_that_was_not_encoded_in_the_engines_way_is_taken_as_it_was_sent() -> None:
    assert routing_path("/a%20b") == "/a b"
    assert routing_path("/a%20b%3A") == "/a%20b%3A"
    with pytest.raises(BadPath):
        routing_path("/%zz")
