"""Every order in which what has no order can be done, and sequences of events that hypothesis invents."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    Definition,
    World,
    every_outcome,
    every_start,
    possible_events,
)
from rochallor_cli.dev_engine.records import ExecutionStatus
from support.workflows import (
    decision,
    gateway,
    join,
    long_branch,
    model,
    service,
    timer,
    transform,
    user_task,
    wait,
)
from support.worlds import Pick, apply, started

SPLIT = model(gateway("split", ["left", "right"]), service("left", "meet"), service("right", "meet"), join())


def test_every_order_of_conditions_is_tried() -> None:
    branches = {"n > 1": "one", "n > 2": "two", "n > 9": "end"}
    definition = model(decision("size", branches), wait("one"), wait("two"))
    worlds = [way.world for way in every_start(definition, {"n": 3})]
    # Those that do not hold make no difference, wherever they are tried.
    assert [world.instance.current_step_ids for world in worlds] == [("one",), ("two",)]


def test_every_order_of_transformations_is_tried() -> None:
    entries = {"a": "${a + 1}", "b": "${a}", "c": "${b}"}
    definition = model(transform("shape", entries))
    found = {
        tuple(way.world.instance.variables.values[name] for name in "abc")
        for way in every_start(definition, {"a": 1, "b": 0})
    }
    assert found == {(2, 2, 2), (2, 2, 0), (2, 1, 1), (2, 1, 0)}


def test_an_event_without_choices_has_one_outcome() -> None:
    [only] = every_outcome(SPLIT, started(SPLIT), CompleteJob("left#1"))
    assert only.world == apply(SPLIT, started(SPLIT), CompleteJob("left#1"))


def test_a_search_over_all_orders_finds_what_a_miscounting_join_can_do() -> None:
    """Only where the short branch comes first does the join do right."""
    definition = model(
        *long_branch(["long", "more"], "short", then="after"),
        service("after"),
    )
    seen: set[World] = set()
    waiting = [way.world for way in every_start(definition)]
    while waiting:
        world = waiting.pop()
        if world in seen:
            continue
        seen.add(world)
        for event in possible_events(definition, world):
            waiting.extend(way.world for way in every_outcome(definition, world, event))
    ends = [world for world in seen if not possible_events(definition, world)]
    assert {world.instance.entered["after"] for world in ends} == {1, 2}
    right = [world for world in ends if not world.faults]
    assert {[e.step_id for e in world.executions].index("meet") for world in right} == {3}
    assert all((codes.JOIN_MISCOUNTS, "meet") in world.faults for world in ends if world not in right)


MIXED = model(
    gateway("split", ["work", "ask", "hold"]),
    service("work", "meet", retryCount=1, boundaryEvents=[timer("PT1M", "late", interrupting=False)]),
    user_task("ask", "meet", boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
    wait("hold", "meet"),
    join("meet", "check"),
    decision("check", {"n > 1": "late", "n > 0": "end", "n <= 0": "end"}),
    service("late"),
)


def play(definition: Definition, picks: Sequence[int], n: int) -> list[World]:
    """Worlds along a path: each pick names one of the events possible there, and what is chosen in it."""
    worlds = [started(definition, {"n": n})]
    for pick in picks:
        events = possible_events(definition, worlds[-1])
        if not events:
            break
        worlds.append(apply(definition, worlds[-1], Pick(pick)(events), choose=Pick(pick)))
    return worlds


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=12), st.integers(0, 3))
def test_the_same_choices_lead_to_the_same_worlds(picks: list[int], n: int) -> None:
    worlds = play(MIXED, picks, n)
    again = play(MIXED, picks, n)
    assert worlds == again
    assert [hash(world) for world in worlds] == [hash(world) for world in again]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=12), st.integers(0, 3))
def test_whatever_happens_the_books_agree(picks: list[int], n: int) -> None:
    for world in play(MIXED, picks, n):
        instance = world.instance
        entries = [execution.step_id for execution in world.executions]
        assert {step_id: entries.count(step_id) for step_id in set(entries)} == instance.entered
        done = [e.step_id for e in world.executions if e.status == ExecutionStatus.COMPLETED]
        assert {s: done.count(s) for s in set(done)} == {s: n for s, n in instance.completed.items() if n}
        assert len(set(instance.current_step_ids)) == len(instance.current_step_ids)
        assert (instance.completed_ns is None) <= instance.status.is_live
