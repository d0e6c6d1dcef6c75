"""A profile shows what was spent without the profiler, and names what spent it."""

from __future__ import annotations

import pytest

from benchmarks.processes import ROOT
from benchmarks.profiled_times import ProfiledTimes, Stats, part_of, shown_place

LOOP = (f"{ROOT}/workflow_sdk/runner/loop.py", 1, "run")
SMALL = (f"{ROOT}/workflow_sdk/client/small.py", 2, "small")
WRITE = (f"{ROOT}/workflow_sdk/client/write.py", 3, "write")
SEND = ("~", 0, "<method 'send' of '_socket.socket' objects>")
LEN = ("~", 0, "<built-in method builtins.len>")
ASYNCIO = ("/usr/lib/python3.11/asyncio/events.py", 4, "_run")
FOREIGN = ("/x/site-packages/aiohttp/client.py", 5, "post")
PLAIN = ("/usr/lib/python3.11/json/encoder.py", 6, "encode")


def profiled(toll_s: float = 0.0, slower: float = 1.0) -> Stats:
    """A loop calls a small function a hundred times and one that sends ten times; each call costs two tolls."""
    return {
        LOOP: (1, 1, 5.0 * slower + 111 * toll_s, 46.0, {}),
        SMALL: (100, 100, 1.0 * slower + 150 * toll_s, 2.0, {LOOP: (100, 100, 1.0, 2.0)}),
        LEN: (50, 50, 50 * toll_s, 1.0, {SMALL: (50, 50, 1.0, 1.0)}),
        WRITE: (10, 10, 10.0 * slower + 20 * toll_s, 40.0, {LOOP: (10, 10, 10.0, 40.0)}),
        SEND: (10, 10, 30.0 + 10 * toll_s, 30.0, {WRITE: (10, 10, 30.0, 30.0)}),
    }


@pytest.mark.parametrize(("toll_s", "slower"), [(0.0, 1.0), (0.5, 1.0), (3.0, 1.0), (3.0, 4.0)])
def test_what_the_profiler_has_added_is_taken_off_again(toll_s: float, slower: float) -> None:
    times = ProfiledTimes(profiled(toll_s, slower), spent_s=46.0)
    found = {line.place: line.own_s for line in times.costliest(10)}
    assert times.total_s == pytest.approx(46.0)
    assert found == pytest.approx({LOOP: 5.0, SMALL: 1.0, LEN: 0.0, WRITE: 10.0, SEND: 30.0})
    assert [line.place for line in times.costliest(2)] == [SEND, WRITE]


def test_a_function_has_the_time_of_what_it_called_as_well() -> None:
    found = {line.place: line.total_s for line in ProfiledTimes(profiled(), spent_s=46.0).costliest(10)}
    assert found == pytest.approx({LOOP: 46.0, SMALL: 1.0, LEN: 0.0, WRITE: 40.0, SEND: 30.0})


@pytest.mark.parametrize("spent_s", [1.0, 10.0, 20.0])
def test_what_a_slowed_thread_waits_more_often_is_taken_off_what_waits(spent_s: float) -> None:
    times = ProfiledTimes(profiled(), spent_s=spent_s)
    assert times.total_s == pytest.approx(spent_s)
    assert all(line.own_s > 0 for line in times.costliest(10) if line.place != LEN)


def test_shares_are_of_parts_and_what_they_call_of_c_is_theirs_but_for_system_calls() -> None:
    shares = list(ProfiledTimes(profiled(), spent_s=46.0).shares())
    assert shares == ["system calls 65%", "workflow_sdk/client 24%", "workflow_sdk/runner 11%"]


def test_nothing_is_taken_off_what_took_no_longer() -> None:
    assert ProfiledTimes(profiled(), spent_s=50.0).total_s == 46.0


def test_a_function_that_calls_itself_has_an_end() -> None:
    stats: Stats = {LOOP: (2, 1, 4.0, 4.0, {LOOP: (1, 1, 2.0, 2.0)})}
    (line,) = ProfiledTimes(stats, spent_s=4.0).costliest(1)
    assert line.own_s == 4.0


def test_a_place_is_shown_and_counted_without_its_home() -> None:
    assert [part_of(place) for place in (LOOP, ASYNCIO, FOREIGN, PLAIN)] == [
        "workflow_sdk/runner",
        "asyncio",
        "aiohttp",
        "standard library",
    ]
    assert shown_place(LOOP) == "workflow_sdk/runner/loop.py:1 run"
    assert shown_place(FOREIGN) == "site-packages/aiohttp/client.py:5 post"
    assert shown_place(SEND) == "<method 'send' of '_socket.socket' objects>"
