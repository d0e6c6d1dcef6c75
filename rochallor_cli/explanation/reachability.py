"""What can become of a world: what moves it, how each completion is answered, which ENDs can be reached."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    Definition,
    Event,
    FireTimer,
    FreeConditions,
    InstanceStatus,
    JobRecord,
    PendingTimer,
    Reaction,
    UserTask,
    World,
    effective_timers,
    essence,
    every_outcome,
    possible_events,
    without_past,
)

# A completion may bring any variables, so any branch may be taken, and none.
_ANY_VARIABLES = FreeConditions(may_fail=True)
_MOST_WAYS = 64
_STEP_BUDGET = 500
# Some tenths of a second; what lies beyond is read off the definition's edges.
_MOST_TRIED = 600
# Of more entries than these no more than some of each kind are tried.
_MANY, _ALIKE = 200, 3

ForeseenFault = tuple[str, str]


class Refusal(NamedTuple):
    """Why the engine would answer with 500: the code of the problem, "" for one without, and its words."""

    code: str
    reason: str


@dataclass(frozen=True)
class Move:
    """Something that can happen, and how often the engine would answer it with 500: never, sometimes, always."""

    event: Event
    answers_500: str
    refusals: tuple[Refusal, ...]

    @property
    def can_happen(self) -> bool:
        return self.answers_500 != "always"


@dataclass(frozen=True)
class Outlook:
    """Ahead of a world: the ENDs that some run reaches, what is open when the nearest is reached, faults on the way.

    is_whole: False where there was too much to try, and the rest was read off the definition.
    """

    reachable_ends: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()
    faults: tuple[ForeseenFault, ...] = ()
    is_whole: bool = True


NOTHING_AHEAD = Outlook()


def moves(definition: Definition, world: World) -> list[Move]:
    """Everything that can happen to it, timers too that others come before; what is alike is tried once."""
    thin, tried = thinned(world), dict[Hashable, Move]()
    for event, kind in _events(definition, thin):
        if kind not in tried:
            tried[kind] = _move(definition, thin, event)
    return [replace(tried[kind], event=event) for event, kind in _events(definition, world)]


def thinned(world: World) -> World:
    """The same with no more than a few open places of each kind: a loop may have left thousands."""
    if len(world.executions) <= _MANY:
        return world
    world = without_past(world)
    hanging: dict[str, list[str]] = {}
    things: list[JobRecord | UserTask | PendingTimer] = [*world.open_jobs, *world.user_tasks, *world.timers]
    for thing in things:
        hanging.setdefault(thing.execution_id, []).append(_word(thing))
    kinds = Counter[Hashable]()
    kept: set[str] = set()
    for execution in world.executions:
        kind = execution.step_id, execution.status, *hanging.get(execution.id, ())
        kinds[kind] += 1
        if kinds[kind] <= _ALIKE:
            kept.add(execution.id)
    return replace(
        world,
        executions=tuple(each for each in world.executions if each.id in kept),
        jobs=tuple(job for job in world.jobs if job.execution_id in kept),
        user_tasks=tuple(task for task in world.user_tasks if task.execution_id in kept),
        timers=tuple(timer for timer in world.timers if timer.execution_id in kept),
    )


def _word(thing: JobRecord | UserTask | PendingTimer) -> str:
    """What hangs on a place, other than its number."""
    return f"timer {_number(thing)}" if isinstance(thing, PendingTimer) else type(thing).__name__


def _number(timer: PendingTimer) -> str:
    """Which of its step's timers it is."""
    return timer.id.rpartition("/")[2]


def _events(definition: Definition, world: World) -> Iterator[tuple[Event, Hashable]]:
    """What can happen, each with what it is told apart by but for the number of its place."""
    status = {execution.id: execution.status for execution in world.executions}
    places = {job.id: (job.step_id, status.get(job.execution_id)) for job in world.open_jobs}
    for event in possible_events(definition, world):
        if isinstance(event, CompleteJob):
            yield event, places[event.job_id]
        elif not isinstance(event, FireTimer):
            yield event, event
    for timer in effective_timers(definition, world):
        yield FireTimer(timer.id), (timer.step_id, _number(timer), status.get(timer.execution_id))


def _move(definition: Definition, world: World, event: Event) -> Move:
    ways = list(_ways(definition, world, event))
    refused = [Refusal(way.refusal.problem, way.refusal.reason) for way in ways if way.refusal is not None]
    answers = "never" if not refused else "always" if len(refused) == len(ways) else "sometimes"
    return Move(event, answers, tuple(dict.fromkeys(refused)))


def _ways(definition: Definition, world: World, event: Event) -> Iterator[Reaction]:
    found = every_outcome(definition, world, event, conditions=_ANY_VARIABLES, step_budget=_STEP_BUDGET)
    return islice(found, _MOST_WAYS)


def outlook(definition: Definition, world: World) -> Outlook:
    """What can be reached, by trying everything as far as that is little enough."""
    search = _Search(definition)
    search.run(thinned(world))
    if search.is_whole:
        ends = search.ends
    else:
        ends = dict.fromkeys([*search.ends, *_ends_by_edges(definition, world)])
    return Outlook(
        tuple(sorted(ends)), search.left_open, tuple(dict.fromkeys(search.faults)), search.is_whole
    )


class _Search:
    """Breadth first, so that the first END met is the nearest."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.ends: dict[str, None] = {}
        self.faults: list[ForeseenFault] = []
        self.left_open: tuple[str, ...] = ()
        self.is_whole = True
        # When each has been reached there is nothing more to find.
        self._unseen_ends = {step.id for step in definition.steps if step.type == "END"}
        self._tried = 0
        self._seen: set[Hashable] = set()
        self._waiting: deque[World] = deque()

    def run(self, world: World) -> None:
        self._look_at(world)
        while self._waiting and self._unseen_ends:
            if self._tried > _MOST_TRIED:
                self.is_whole = False
                return
            self._try_all(self._waiting.popleft())

    def _try_all(self, world: World) -> None:
        for event in possible_events(self.definition, world):
            for way in _ways(self.definition, world, event):
                self._tried += 1
                self._note(way)

    def _note(self, way: Reaction) -> None:
        if way.refusal is not None:
            return
        self.faults += [(fault.code, fault.step_id) for fault in way.faults]
        reached = [entry.step_id for entry in way.entries if entry.step_type == "END"]
        if reached and not self.ends and way.world.instance.status == InstanceStatus.COMPLETED:
            self.left_open = _still_open(way.world)
        self.ends.update(dict.fromkeys(reached))
        self._unseen_ends.difference_update(reached)
        self._look_at(way.world)

    def _look_at(self, world: World) -> None:
        met = essence(self.definition, world)
        if met not in self._seen:
            self._seen.add(met)
            self._waiting.append(world)


def _still_open(world: World) -> tuple[str, ...]:
    jobs = (job.step_id for job in world.open_jobs)
    tasks = (task.step_id for task in world.user_tasks)
    return tuple(dict.fromkeys([*world.instance.current_step_ids, *jobs, *tasks]))


def _ends_by_edges(definition: Definition, world: World) -> Iterator[str]:
    seen: set[str] = set()
    waiting: list[str] = [*world.instance.current_step_ids, *(t.target_step_id for t in world.timers)]
    while waiting:
        step_id = waiting.pop()
        step = definition.step(step_id)
        if step is None or step_id in seen:
            continue
        seen.add(step_id)
        if step.type == "END":
            yield step_id
        waiting += _targets(definition, step_id)


def _targets(definition: Definition, step_id: str) -> Iterable[str]:
    step = definition.by_id[step_id]
    targets = [step.next_step] if step.type not in ("DECISION", "PARALLEL_GATEWAY", "END") else []
    timers = [event.target_step_id for event in step.boundary_events]
    return [*targets, *step.conditional_next_steps.values(), *step.parallel_next_steps, *timers]
