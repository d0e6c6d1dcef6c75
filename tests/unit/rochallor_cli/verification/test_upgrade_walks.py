"""What is said of an upgrade, compared with random runs of the same definitions on the machines of both versions."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from random import Random

import pytest

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    CompleteUserTask,
    Definition,
    Event,
    FireTimer,
    Refused,
    Signal,
    Variables,
    World,
    definition_from_document,
    possible_events,
)
from rochallor_cli.documents.document import Document
from rochallor_cli.verification import upgrading
from rochallor_cli.verification.findings import Flaw, find
from rochallor_cli.verification.search import SearchBounds, search, step_of
from rochallor_cli.verification.traces import TraceEvent, trace_of
from rochallor_cli.verification.upgrading import UNKNOWN, upgrade_differences
from support.random_workflows import random_document
from support.worlds import apply, started

WALKS = 12
BUDGET = 200
FEW = SearchBounds(max_states=300, max_seconds=600.0)
# Larger by hand: a few hundred. Neighbours that differ in what the machine does, and two that do not.
SEEDS = range(30)
VERSIONS = [("0", "1.0.0"), ("next", "leases"), ("0", "leases")]


def numbers(value: int) -> dict[str, object]:
    return {"n": value}


def named(definition: Definition, world: World) -> dict[Hashable, Event]:
    """What can happen next, by names that the machines of two versions share."""
    return {
        event.job_id if isinstance(event, CompleteJob)
        else event.timer_id if isinstance(event, FireTimer)
        else (type(event).__name__, event.step_id): event
        for event in possible_events(definition, world)
        if isinstance(event, CompleteJob | FireTimer | CompleteUserTask | Signal)
    }  # fmt: skip


def seen(world: World) -> Hashable:
    """What an operator sees of it."""
    instance = world.instance
    entered = tuple(sorted(instance.entered.items()))
    return instance.status, frozenset(instance.current_step_ids), instance.variables.text, entered


def after(definition: Definition, world: World, event: Event, value: int) -> World | None:
    """None where the engine refuses."""
    changes = Variables(values=numbers(value))
    if isinstance(event, CompleteJob):
        event = CompleteJob(event.job_id, changes)
    elif isinstance(event, CompleteUserTask | Signal):
        event = type(event)(event.step_id, changes)
    try:
        return apply(definition, world, event, step_budget=BUDGET)
    except Refused:
        return None


def begun(definition: Definition, value: int) -> World | None:
    try:
        return started(definition, numbers(value), step_budget=BUDGET)
    except Refused:
        return None


def part_ways(old: Definition, new: Definition, random: Random) -> set[str]:
    """The steps at which a run with the same events and values comes to something else on the other machine."""
    value = random.randint(0, 3)
    was, now = begun(old, value), begun(new, value)
    before: World | None = None
    step = old.steps[0].id
    for _ in range(12):
        if was is None or now is None:
            return {step} if was is not now else set()
        ways, others = named(old, was), named(new, now)
        if seen(was) != seen(now):
            return {step, *entered_since(before, was), *entered_since(before, now)}
        if ways.keys() != others.keys():
            one_sided = ways.keys() ^ others.keys()
            return {
                step_of(event, world)
                for events, world in ((ways, was), (others, now))
                for name, event in events.items()
                if name in one_sided
            }
        if not ways:
            return set()
        name, value = random.choice(sorted(ways, key=str)), random.randint(0, 3)
        before, step = was, step_of(ways[name], was)
        was, now = after(old, was, ways[name], value), after(new, now, others[name], value)
    return set()


def entered_since(before: World | None, world: World) -> set[str]:
    known = {} if before is None else before.instance.entered
    return {step for step, times in world.instance.entered.items() if times > known.get(step, 0)}


def documents(versions: tuple[str, str]) -> Iterator[tuple[int, Document, Definition, Definition]]:
    for seed in SEEDS:
        random = Random(f"{versions} {seed}")
        made = random_document(random, is_faulty=seed % 2 == 0, has_timers=seed % 3 == 0)
        old, new = (definition_from_document(made, engine_rules(version)) for version in versions)
        yield seed, Document("flow.json", made), old, new


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has thousands of situations is left out, and no time decides what that is."""
    monkeypatch.setattr(upgrading, "_BOUNDS", FEW)


@pytest.mark.parametrize("versions", VERSIONS, ids=str)
def test_nothing_that_runs_show_is_missing_in_the_report(versions: tuple[str, str]) -> None:
    parted = 0
    missed: list[tuple[int, set[str]]] = []
    for seed, document, old, new in documents(versions):
        shown = [part_ways(old, new, Random(f"{seed} {walk}")) for walk in range(WALKS)]
        if any(shown):
            said = upgrade_differences(document, old=old.rules, new=new.rules)
            if any(each.kind == UNKNOWN for each in said):
                continue
            parted += 1
            steps = {each.step for each in said}
            missed += [(seed, each) for each in shown if each and not each & steps]
    assert missed == []
    assert parted > 1 or versions == ("next", "leases")


@pytest.mark.parametrize("versions", VERSIONS, ids=str)
def test_what_is_said_to_get_worse_is_shown_by_a_run_that_the_old_engine_does_otherwise(
    versions: tuple[str, str],
) -> None:
    played = 0
    for seed, document, old, new in documents(versions):
        worse = {
            each.step for each in upgrade_differences(document, old=old.rules, new=new.rules) if each.is_worse
        }
        for flaw, trace in new_runs(old, new) if worse else ():
            if flaw.step in worse:
                assert run_of(old, trace) != run_of(new, trace), (seed, flaw.code, flaw.step)
                played += 1
    assert played > 0 or versions == ("0", "leases")


def new_runs(old: Definition, new: Definition) -> Iterator[tuple[Flaw, Sequence[TraceEvent]]]:
    """What is found on the new machine only, with a run that shows it."""
    known = {(flaw.code, flaw.step) for flaw in find(search(old, bounds=FEW))}
    found = search(new, bounds=FEW)
    for flaw in find(found):
        trace = trace_of(found, flaw)
        if (flaw.code, flaw.step) not in known and trace and all(event.is_playable for event in trace):
            yield flaw, trace


def run_of(definition: Definition, trace: Sequence[TraceEvent]) -> Hashable:
    """What a run comes to, event by event, up to where it cannot be played, and what can happen after it."""
    first, *rest = trace
    try:
        world = started(definition, first.variables, step_budget=BUDGET)
    except Refused as refused:
        return refused.reason
    found: list[Hashable] = [seen(world)]
    for wanted in rest:
        event = fitting(definition, world, wanted)
        if event is None:
            return *found, "not possible"
        try:
            world = apply(definition, world, event, step_budget=BUDGET)
        except Refused as refused:
            return *found, refused.reason
        found.append((seen(world), world.faults))
    return *found, frozenset(named(definition, world))


def fitting(definition: Definition, world: World, wanted: TraceEvent) -> Event | None:
    """The event of a world that an event of a trace is: the oldest job or the next timer of its step."""
    changes = Variables(values=wanted.variables)
    jobs = [job.id for job in world.open_jobs if job.step_id == wanted.step]
    timers = {timer.id for timer in world.timers if timer.step_id == wanted.step}
    for event in possible_events(definition, world):
        if wanted.event == "job" and isinstance(event, CompleteJob) and event.job_id in jobs:
            return CompleteJob(event.job_id, changes)
        if wanted.event == "timer" and isinstance(event, FireTimer) and event.timer_id in timers:
            return event
        if wanted.event == "task" and isinstance(event, CompleteUserTask) and event.step_id == wanted.step:
            return CompleteUserTask(event.step_id, changes)
        if wanted.event == "signal" and isinstance(event, Signal) and event.step_id == wanted.step:
            return Signal(event.step_id, changes)
    return None
