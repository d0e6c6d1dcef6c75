"""Every situation that an instance of a definition can come to, breadth first, each once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rochallor_cli.dev_engine.explore import (
    NO_VARIABLES,
    ChoiceTaken,
    CompleteJob,
    CompleteUserTask,
    Definition,
    Entry,
    Event,
    FailJob,
    FaultMet,
    FireTimer,
    InstanceStatus,
    KnownConditions,
    Reaction,
    Refused,
    Signal,
    Variables,
    World,
    essence,
    every_outcome,
    every_start,
    possible_events,
)
from rochallor_cli.verification.consistency import is_consistent
from rochallor_cli.verification.shape import DefinitionShape

# What one event may enter: enough for any definition that comes to a rest.
_STEP_BUDGET = 500
# How often a step is followed while it is open: where joins count wrongly, a loop opens it again and again.
_MOST_OPEN = 3
# After so many entries a variable that a loop changes counts as unknown.
_ROUNDS_KNOWN = 3
_FAILURE = "failed for good"

FROM_OUTSIDE = (CompleteJob, CompleteUserTask, Signal)


@dataclass(frozen=True)
class Bounds:
    """How far to search."""

    max_states: int = 20_000
    max_seconds: float = 30.0


@dataclass(slots=True)
class SearchMove:
    """One outcome of an event: from a situation (None: the start) to the one that it leads to.

    step: where the event happens. group: moves of one event that differ only by conditions nobody knows have the
    same. again: steps entered that were open already. status, current, reason: of the instance afterwards.
    """

    # No world: of the many moves into one situation each would keep one of its own.
    source: int | None
    target: int
    event: Event | None
    step: str
    group: int
    faults: tuple[FaultMet, ...]
    entries: tuple[Entry, ...]
    choices: tuple[ChoiceTaken, ...]
    refusal: Refused | None
    status: InstanceStatus
    current: tuple[str, ...]
    reason: str | None
    again: tuple[str, ...]

    @property
    def is_failure(self) -> bool:
        """A job that fails for good: the way out that nobody wants."""
        return isinstance(self.event, FailJob)

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None


@dataclass(slots=True)
class Situation:
    """A world with what the search knows of it; `by` is the move that led to it first, by the fewest events."""

    world: World
    by: int
    depth: int
    moves: list[int] = field(default_factory=list)
    is_expanded: bool = False


@dataclass(slots=True)
class Searched:
    """All that was found.

    start_refusal: the engine refuses to start an instance at all. forgotten: variables that a loop goes on
    changing. crowded: steps that were open too often to be followed further.
    """

    definition: Definition
    # What is known at the start, and the names of those that nobody but the workflow changes.
    variables: Mapping[str, object]
    assumed: frozenset[str]
    situations: list[Situation]
    moves: list[SearchMove]
    start_moves: list[int]
    start_refusal: Refused | None
    is_complete: bool
    seconds: float
    forgotten: set[str]
    crowded: set[str]


def search(
    definition: Definition,
    *,
    variables: Mapping[str, object] | None = None,
    assumed: Mapping[str, object] | None = None,
    bounds: Bounds | None = None,
) -> Searched:
    """variables: known at the start, until something may change them; assumed: nobody else changes these."""
    return _Search(definition, dict(variables or {}), dict(assumed or {}), bounds or Bounds()).run()


class _Search:
    def __init__(
        self,
        definition: Definition,
        variables: dict[str, object],
        assumed: dict[str, object],
        bounds: Bounds,
    ) -> None:
        self._definition = definition
        self._shape = DefinitionShape.of(definition)
        self._variables = {**variables, **assumed}
        self._assumed = assumed
        self._bounds = bounds
        self._conditions = KnownConditions()
        self._outlives_failure = not definition.rules.timers_end_with_step
        self._known: dict[Hashable, int] = {}
        self._waiting: deque[int] = deque()
        self._groups = 0
        fixed = frozenset(assumed)
        self._found = Searched(definition, self._variables, fixed, [], [], [], None, True, 0.0, set(), set())

    def run(self) -> Searched:
        found, began = self._found, time.perf_counter()
        try:
            starts = list(
                every_start(
                    self._definition,
                    self._variables,
                    conditions=self._conditions,
                    step_budget=_STEP_BUDGET,
                )
            )
        except Refused as refused:
            found.start_refusal = refused
            starts = []
        found.start_moves = self._take_in(None, None, starts)
        until = began + self._bounds.max_seconds
        while self._waiting:
            if len(found.situations) >= self._bounds.max_states or time.perf_counter() > until:
                found.is_complete = False
                break
            self._expand(self._waiting.popleft())
        found.seconds = time.perf_counter() - began
        return found

    def _expand(self, number: int) -> None:
        situation = self._found.situations[number]
        situation.is_expanded = True
        for event in self._events(situation.world):
            world = situation.world
            if isinstance(event, FROM_OUTSIDE):
                world = self._with_unknown_variables(world)
            outcomes = every_outcome(
                self._definition, world, event, conditions=self._conditions, step_budget=_STEP_BUDGET
            )
            situation.moves += self._take_in(number, event, outcomes)

    def _events(self, world: World) -> Iterable[Event]:
        for event in possible_events(self._definition, world):
            yield event
            # Only timers of version 0 go on in an instance that has failed.
            if isinstance(event, CompleteJob) and self._outlives_failure and world.timers:
                yield FailJob(event.job_id, _FAILURE)

    def _with_unknown_variables(self, world: World) -> World:
        """Jobs, people and signals may set any variable but those that are assumed."""
        if not world.instance.variables.values:
            return world
        known = world.instance.variables.values
        kept = {name: value for name, value in known.items() if name in self._assumed}
        variables = Variables(values=kept) if kept else NO_VARIABLES
        return replace(world, instance=replace(world.instance, variables=variables))

    def _take_in(self, source: int | None, event: Event | None, outcomes: Iterable[Reaction]) -> list[int]:
        taken: list[int] = []
        groups: dict[tuple[ChoiceTaken, ...], int] = {}
        step = step_of(event, None if source is None else self._found.situations[source].world)
        for reaction in outcomes:
            if not is_consistent(self._definition, reaction):
                continue
            orders = self._orders_of(reaction.choices)
            if orders not in groups:
                groups[orders] = self._groups = self._groups + 1
            number = len(self._found.moves)
            target = source if reaction.refusal is not None and source is not None else None
            if target is None:
                target = self._situation(reaction, number, source)
            self._found.moves.append(_move(source, target, event, step, groups[orders], reaction))
            taken.append(number)
        return taken

    def _orders_of(self, choices: Sequence[ChoiceTaken]) -> tuple[ChoiceTaken, ...]:
        """The choices that the engine makes; all others stand for variables that nobody knows."""
        if not choices:
            return ()
        return tuple(choice for choice in choices if choice.step_id in self._shape.transformations)

    def _forgetting(self, reaction: Reaction) -> World:
        """The world after it, without the variables that a loop goes on changing."""
        world = reaction.world
        variables = world.instance.variables.values
        if not variables:
            return world
        changing = {
            name
            for entry in reaction.entries
            if entry.attempt > _ROUNDS_KNOWN
            for name in self._shape.sets.get(entry.step_id, ())
            if name in variables
        }
        if not changing:
            return world
        self._found.forgotten |= changing
        kept = {name: value for name, value in variables.items() if name not in changing}
        return replace(world, instance=replace(world.instance, variables=Variables(values=kept)))

    def _situation(self, reaction: Reaction, by: int, source: int | None) -> int:
        world = self._forgetting(reaction)
        key = (essence(self._definition, world), self._shape.has_run(world))
        found = self._known.get(key)
        if found is not None:
            return found
        depth = 0 if source is None else self._found.situations[source].depth + 1
        number = self._known[key] = len(self._found.situations)
        self._found.situations.append(Situation(world, by, depth))
        crowded = {
            entry.step_id
            for entry in reaction.entries
            if entry.attempt > _MOST_OPEN and times_open(world, entry.step_id) > _MOST_OPEN
        }
        if crowded:
            self._found.crowded |= crowded
        else:
            self._waiting.append(number)
        return number


def _move(
    source: int | None, target: int, event: Event | None, step: str, group: int, reaction: Reaction
) -> SearchMove:
    world = reaction.world
    return SearchMove(
        source=source,
        target=target,
        event=event,
        step=step,
        group=group,
        faults=reaction.faults,
        entries=reaction.entries,
        choices=reaction.choices,
        refusal=reaction.refusal,
        status=world.instance.status,
        current=world.instance.current_step_ids,
        reason=world.instance.failure_reason,
        again=tuple(
            entry.step_id
            for entry in reaction.entries
            if entry.attempt > 1 and times_open(world, entry.step_id) > 1
        ),
    )


def times_open(world: World, step_id: str) -> int:
    """How many executions of a step are RUNNING."""
    return len(world.running(step_id))


def step_of(event: Event | None, world: World | None) -> str:
    """The step that an event happens at; empty for the start."""
    if event is None or world is None:
        return ""
    if isinstance(event, CompleteJob | FailJob):
        return next(job.step_id for job in world.jobs if job.id == event.job_id)
    if isinstance(event, FireTimer):
        return next(timer.step_id for timer in world.timers if timer.id == event.timer_id)
    return getattr(event, "step_id", "")
