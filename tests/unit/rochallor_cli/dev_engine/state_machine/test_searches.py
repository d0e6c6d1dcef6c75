"""What a search over the pure machine is given: all choices, their record, an end of every loop, and no clock."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS, codes, explore
from rochallor_cli.dev_engine.explore import (
    Abandoned,
    ChoiceTaken,
    CompleteJob,
    Definition,
    FireTimer,
    FreeConditions,
    Refused,
    Signal,
    World,
    essence,
    every_outcome,
    every_start,
    possible_events,
)
from support.workflows import decision, end, gateway, join, model, service, timer, transform, user_task, wait
from support.worlds import apply, leave, started

FREE = FreeConditions()

FOR_EVER = model(
    transform("count", {"n": "${n + 1}"}, "check"),
    decision("check", {"n < 0": "end", "n >= 0": "count"}),
)
AT_WILL = model(
    decision("again", {"n < 0": "split", "n >= 0": "done"}),
    gateway("split", ["again", "work"]),
    service("work", "meet"),
    join("meet", "end"),
    service("done"),
)


# --- loops ----------------------------------------------------------------------------------------


def test_every_way_through_a_loop_without_a_rest_is_finite() -> None:
    [only] = every_start(FOR_EVER, {"n": 1})
    assert [fault.code for fault in only.faults] == [codes.ENDLESS_LOOP]


def test_every_way_through_a_loop_of_free_choices_is_finite() -> None:
    ends = {way.world.instance.current_step_ids for way in every_start(FOR_EVER, {}, conditions=FREE)}
    assert ends == {()}
    found = list(every_start(AT_WILL, {}, conditions=FREE))
    assert {("done",), ("done", "work")} <= {way.world.instance.current_step_ids for way in found}
    assert len(found) < 100


def loops(*steps: dict[str, object]) -> int:
    """How many ways of a start go round for ever."""
    ways = every_start(model(*steps), {}, conditions=FREE)
    return sum(fault.code == codes.ENDLESS_LOOP for way in ways for fault in way.faults)


def test_a_loop_in_which_nothing_changes_what_its_conditions_see_never_ends() -> None:
    one = decision("one", {"a": "two", "!a": "end"})
    assert loops(one, decision("two", {"b": "one", "!b": "end"})) == 1
    assert loops(one, decision("two", {"b": "one", "!b": "two"})) == 2
    # A gateway in it, behind which branches wait that are never come to.
    works = (service("work", "meet"), service("more", "meet"))
    assert loops(one, gateway("two", ["one", "work", "more"]), *works, join()) == 1
    assert loops(one, gateway("two", ["one", "work"]), service("work", "meet"), join()) == 1


def test_a_loop_that_sets_a_variable_or_is_come_out_of_may_end() -> None:
    one = decision("one", {"a": "two", "!a": "end"})
    assert loops(one, transform("two", {"a": "${b > 1}"}, "one")) == 0
    assert loops(one, decision("two", {"b": "work", "!b": "end"}), service("work", "one")) == 0
    assert (
        loops(one, gateway("two", ["same", "same"]), decision("same", {"c": "meet", "!c": "end"}), join())
        == 0
    )


def test_a_smaller_step_budget_ends_a_loop_sooner() -> None:
    reaction = explore.started(FOR_EVER, {"n": 1}, step_budget=20)
    assert len(reaction.entries) == 20
    assert [fault.code for fault in reaction.faults] == [codes.ENDLESS_LOOP]


def test_whoever_chooses_can_leave_the_event() -> None:
    with pytest.raises(Abandoned):
        explore.started(AT_WILL, {"n": 1}, choose=leave, conditions=FREE)


# --- choices --------------------------------------------------------------------------------------


def test_a_reaction_says_what_was_entered_chosen_and_met() -> None:
    definition = model(decision("size", {"n > 1": "work", "n > 2": "end"}), service("work", None))
    one, other = every_start(definition, {"n": 3})
    assert one.choices == (ChoiceTaken("size", ("n > 1", "n > 2"), "n > 1"),)
    assert [(entry.step_id, str(entry.status)) for entry in one.entries] == [
        ("size", "COMPLETED"),
        ("work", "RUNNING"),
    ]
    assert [fault.code for fault in one.faults] == [codes.AMBIGUOUS_BRANCHES]
    assert other.choices[0].taken == "n > 2"
    [done] = every_outcome(definition, one.world, CompleteJob("work#1"))
    assert [fault.code for fault in done.faults] == [codes.NO_WAY_ON], "only those of this step"


def test_a_free_condition_is_a_choice_whatever_it_says() -> None:
    definition = model(
        service("work", "check"), decision("check", {"a > 1": "one", "a > 9": "end"}), wait("one")
    )
    ways = list(every_outcome(definition, started(definition), CompleteJob("work#1"), conditions=FREE))
    assert [way.choices[0].taken for way in ways] == ["a > 1", "a > 9"]
    assert not any(way.faults for way in ways)


def test_a_condition_without_variables_keeps_its_value() -> None:
    definition = model(
        decision("check", {"false": "one", "a >": "two", "a > 1": "end"}), wait("one"), wait("two")
    )
    ways = list(every_start(definition, {}, conditions=FREE))
    assert [str(way.world.instance.status) for way in ways] == ["FAILED", "COMPLETED"]


def test_free_conditions_may_fail_when_asked_to() -> None:
    definition = model(decision("check", {"a > 1": "end", "a < 1": "end"}))
    may_fail = FreeConditions(may_fail=True)
    found = {str(way.world.instance.status) for way in every_start(definition, {}, conditions=may_fail)}
    assert found == {"COMPLETED", "FAILED"}


def test_a_way_that_the_engine_refuses_leaves_the_others_in() -> None:
    definition = model(service("work", conditionalNextSteps={"a > 1": "nowhere", "a < 1": "end"}))
    before = started(definition)
    refused, done = every_outcome(definition, before, CompleteJob("work#1"), conditions=FREE)
    assert isinstance(refused.refusal, Refused)
    assert refused.world is before
    assert str(done.world.instance.status) == "COMPLETED"


# --- timers without a clock -----------------------------------------------------------------------


def timed(**lengths: str) -> Definition:
    steps = [
        service(id_, boundaryEvents=[timer(length, "late", interrupting=True)])
        for id_, length in lengths.items()
    ]
    return model(service("first", "split"), gateway("split", list(lengths)), *steps, join(), wait("late"))


def firing(definition: Definition, world: World) -> list[str]:
    return [event.timer_id for event in possible_events(definition, world) if isinstance(event, FireTimer)]


def test_of_timers_that_start_together_the_shorter_is_first() -> None:
    definition = timed(long="PT2H", short="PT1M")
    world = apply(definition, started(definition), CompleteJob("first#1"))
    assert firing(definition, world) == ["short#1/1"]
    assert firing(definition, apply(definition, world, FireTimer("short#1/1"))) == ["long#1/1"]


def test_timers_of_one_moment_and_one_length_fire_in_any_order() -> None:
    definition = timed(one="PT1M", other="PT1M")
    world = apply(definition, started(definition), CompleteJob("first#1"))
    assert firing(definition, world) == ["one#1/1", "other#1/1"]


def test_a_longer_timer_that_started_before_may_be_first() -> None:
    definition = model(
        gateway("split", ["slow", "quick"]),
        service("slow", "meet", boundaryEvents=[timer("PT2H", "late", interrupting=True)]),
        service("quick", "next"),
        service("next", "meet", boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
        join(),
        wait("late"),
    )
    world = apply(definition, started(definition), CompleteJob("quick#1"))
    assert firing(definition, world) == ["slow#1/1", "next#1/1"]


def test_one_of_equal_length_that_started_before_is_first() -> None:
    definition = model(
        gateway("split", ["slow", "quick"]),
        service("slow", "meet", boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
        service("quick", "next"),
        service("next", "meet", boundaryEvents=[timer("PT1M", "late", interrupting=True)]),
        join(),
        wait("late"),
    )
    world = apply(definition, started(definition), CompleteJob("quick#1"))
    assert firing(definition, world) == ["slow#1/1"]


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_a_timer_of_a_completed_step_matters_on_the_first_engines_only(version: str) -> None:
    definition = model(
        service("work", "hold", boundaryEvents=[timer("PT1M", "late", interrupting=False)]),
        wait("hold"),
        user_task("late"),
        engine_version=version,
    )
    world = apply(definition, started(definition), CompleteJob("work#1"))
    assert firing(definition, world) == (["work#1/1"] if version == "0" else [])
    over = apply(definition, world, Signal("hold"))
    assert (len(possible_events(definition, over)) > 0) == (version == "0"), "it brings the instance back"


# --- the essence ----------------------------------------------------------------------------------


def situations(definition: Definition) -> int:
    """How many situations there are, by trying everything."""
    seen: set[Hashable] = set()
    waiting = [way.world for way in every_start(definition, {}, conditions=FREE)]
    while waiting:
        world = waiting.pop()
        if (met := essence(definition, world)) not in seen:
            seen.add(met)
            waiting += after(definition, world)
    return len(seen)


def after(definition: Definition, world: World) -> list[World]:
    return [
        way.world
        for event in possible_events(definition, world)
        for way in every_outcome(definition, world, event, conditions=FREE)
    ]


def test_a_loop_has_as_many_situations_as_places() -> None:
    assert (
        situations(
            model(
                service("one", "two"), user_task("two", "again"), decision("again", {"a": "one", "b": "end"})
            )
        )
        == 3
    )


def test_branches_count_by_their_places_and_not_by_the_order_of_what_happened() -> None:
    heads, tails = ([f"{name}{number}" for number in range(5)] for name in "ab")
    definition = model(
        gateway("split", heads),
        *(service(head, tail) for head, tail in zip(heads, tails, strict=True)),
        *(service(tail, "meet") for tail in tails),
        join("meet", "end"),
        end(),
    )
    # Of 3 to the 5 places those that the join lets by early are one.
    assert situations(definition) == 233
