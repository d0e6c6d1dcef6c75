"""Every situation that an instance of a definition can come to, breadth first, each once."""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    PendingTimer,
    Reaction,
    Refused,
    Signal,
    Variables,
    World,
    effective_timers,
    essence,
    every_outcome,
    every_start,
    possible_events,
    without_past,
    without_schemas,
)
from rochallor_cli.verification.consistency import is_consistent
from rochallor_cli.verification.definition_graph import DefinitionGraph
from rochallor_cli.verification.state_abstraction import without_changing, without_crowd

# What one event may enter: enough for any definition that comes to a rest.
STEP_BUDGET = 500
_FAILURE = "failed for good"

FROM_OUTSIDE = (CompleteJob, CompleteUserTask, Signal)


@dataclass(frozen=True)
class SearchBounds:
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
    """Where an instance can stand; `by` is the move that led there first, by the fewest events.

    variables: those that are known. timers: those that can still do something.
    """

    # No world: of the many situations each would keep one after it has been searched.
    status: InstanceStatus
    current: tuple[str, ...]
    variables: Mapping[str, object]
    timers: Sequence[PendingTimer]
    by: int
    depth: int
    moves: list[int] = field(default_factory=list)
    is_expanded: bool = False


@dataclass(slots=True)
class SearchResult:
    """All that was found.

    start_refusal: the engine refuses to start an instance at all. forgotten: variables that a loop goes on
    changing. crowded: steps that were open more often than they are followed.
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
    bounds: SearchBounds | None = None,
) -> SearchResult:
    """variables: known at the start, until something may change them; assumed: nobody else changes these."""
    return _Search(definition, dict(variables or {}), dict(assumed or {}), bounds or SearchBounds()).run()


class _Search:
    def __init__(
        self,
        definition: Definition,
        variables: dict[str, object],
        assumed: dict[str, object],
        bounds: SearchBounds,
    ) -> None:
        self._definition = without_schemas(definition)
        self._shape = DefinitionGraph.of(definition)
        self._variables = {**variables, **assumed}
        self._assumed = assumed
        self._bounds = bounds
        self._conditions = KnownConditions()
        self._outlives_failure = not definition.rules.timers_end_with_step
        # By essence: the steps ahead of such a world, and its situations by those of them that ran.
        self._known: dict[Hashable, tuple[int, dict[int, int]]] = {}
        self._waiting: deque[tuple[int, World, int]] = deque()
        self._groups = 0
        self._until = 0.0
        # One tuple of current steps for the many moves that lead to the same ones.
        self._currents: dict[tuple[str, ...], tuple[str, ...]] = {}
        fixed = frozenset(assumed)
        self._found = SearchResult(
            definition, self._variables, fixed, [], [], [], None, True, 0.0, set(), set()
        )

    def run(self) -> SearchResult:
        with without_collector():
            return self._run()

    def _run(self) -> SearchResult:
        found, began = self._found, time.perf_counter()
        self._until = began + self._bounds.max_seconds
        try:
            starts = self._in_time(
                every_start(
                    self._definition,
                    self._variables,
                    conditions=self._conditions,
                    step_budget=STEP_BUDGET,
                )
            )
        except Refused as refused:
            found.start_refusal = refused
            starts = []
        found.start_moves = self._take_in(None, "", starts)
        while self._waiting and found.is_complete:
            if len(found.situations) >= self._bounds.max_states:
                found.is_complete = False
            else:
                self._expand(*self._waiting.popleft())
        found.seconds = time.perf_counter() - began
        return found

    def _expand(self, number: int, world: World, ran: int) -> None:
        situation = self._found.situations[number]
        unknown = without_variables(world, but=self._assumed)
        for event in self._events(world):
            outcomes = every_outcome(
                self._definition,
                unknown if isinstance(event, FROM_OUTSIDE) else world,
                event,
                conditions=self._conditions,
                step_budget=STEP_BUDGET,
            )
            reactions = self._in_time(outcomes)
            situation.moves += self._take_in(number, step_of(event, world), reactions, event, ran)
        situation.is_expanded = self._found.is_complete

    def _in_time(self, outcomes: Iterator[Reaction]) -> list[Reaction]:
        """All outcomes of an event; none where the time is up before they are known: some would say nothing."""
        found: list[Reaction] = []
        for reaction in outcomes:
            if time.perf_counter() > self._until:
                self._found.is_complete = False
                return []
            found.append(reaction)
        return found

    def _events(self, world: World) -> Iterable[Event]:
        for event in possible_events(self._definition, world):
            yield event
            # Only timers of version 0 go on in an instance that has failed.
            if isinstance(event, CompleteJob) and self._outlives_failure and world.timers:
                yield FailJob(event.job_id, _FAILURE)

    def _take_in(
        self,
        source: int | None,
        step: str,
        outcomes: Iterable[Reaction],
        event: Event | None = None,
        ran: int = 0,
    ) -> list[int]:
        """ran: the steps that had been entered before, as the shape counts them."""
        taken: list[int] = []
        groups: dict[tuple[ChoiceTaken, ...], int] = {}
        moves = self._found.moves
        for reaction in outcomes:
            choices = reaction.choices
            if len(choices) > 1 and not is_consistent(self._definition, reaction):
                continue
            orders = self._orders_of(choices) if choices else choices
            if orders not in groups:
                groups[orders] = self._groups = self._groups + 1
            number = len(moves)
            is_again = _enters_again(reaction.entries)
            if reaction.refusal is not None and source is not None:
                target = source
            else:
                target = self._situation(reaction, number, source, ran, is_again=is_again)
            current = reaction.world.instance.current_step_ids
            current = self._currents.setdefault(current, current)
            again = _open_again(reaction) if is_again else ()
            moves.append(_move(source, target, event, step, groups[orders], current, reaction, again))
            taken.append(number)
        return taken

    def _orders_of(self, choices: Sequence[ChoiceTaken]) -> tuple[ChoiceTaken, ...]:
        """The choices that the engine makes; all others stand for variables that nobody knows."""
        return tuple(choice for choice in choices if choice.step_id in self._shape.transformations)

    def _followed(self, reaction: Reaction) -> World:
        """The world after an event that enters steps again, without what grows for ever."""
        world, names = without_changing(reaction.world, reaction.entries, self._shape.sets)
        world, steps = without_crowd(world, reaction.entries)
        self._found.forgotten |= names
        self._found.crowded |= steps
        return world

    def _situation(self, reaction: Reaction, by: int, source: int | None, ran: int, *, is_again: bool) -> int:
        world = self._followed(reaction) if is_again else reaction.world
        ran |= self._shape.ran_by(reaction.entries)
        key = essence(self._definition, world)
        alike = self._known.get(key)
        if alike is None:
            alike = self._known[key] = self._shape.ahead(world), {}
        ahead, known = alike
        number = known.get(ran & ahead)
        if number is not None:
            return number
        depth = 0 if source is None else self._found.situations[source].depth + 1
        number = known[ran & ahead] = len(self._found.situations)
        instance = world.instance
        self._found.situations.append(
            Situation(
                instance.status,
                instance.current_step_ids,
                instance.variables.values,
                effective_timers(self._definition, world),
                by,
                depth,
            )
        )
        self._waiting.append((number, without_past(world), ran))
        return number


def without_variables(world: World, *, but: Collection[str] = ()) -> World:
    """Jobs, people and signals may set any variable but those that are assumed."""
    known = world.instance.variables.values
    if not known:
        return world
    kept = {name: value for name, value in known.items() if name in but}
    variables = Variables(values=kept) if kept else NO_VARIABLES
    return replace(world, instance=replace(world.instance, variables=variables))


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection: worlds are in no circles, and it would go through all that was found again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _move(
    source: int | None,
    target: int,
    event: Event | None,
    step: str,
    group: int,
    current: tuple[str, ...],
    reaction: Reaction,
    again: tuple[str, ...],
) -> SearchMove:
    instance = reaction.world.instance
    return SearchMove(
        source,
        target,
        event,
        step,
        group,
        reaction.faults,
        reaction.entries,
        reaction.choices,
        reaction.refusal,
        instance.status,
        current,
        instance.failure_reason,
        again,
    )


def _enters_again(entries: Iterable[Entry]) -> bool:
    """Whether a step is entered that was entered before; mostly none is, and nothing need be looked for."""
    for entry in entries:  # noqa: SIM110 - a generator costs more than the few entries that there are
        if entry.attempt > 1:
            return True
    return False


def _open_again(reaction: Reaction) -> tuple[str, ...]:
    return tuple(
        entry.step_id
        for entry in reaction.entries
        if entry.attempt > 1 and times_open(reaction.world, entry.step_id) > 1
    )


def times_open(world: World, step_id: str) -> int:
    """How many executions of a step are RUNNING."""
    return len(world.running(step_id))


def step_of(event: Event, world: World) -> str:
    """The step that an event happens at."""
    if isinstance(event, CompleteJob | FailJob):
        for job in world.jobs:
            if job.id == event.job_id:
                return job.step_id
    if isinstance(event, FireTimer):
        return next(timer.step_id for timer in world.timers if timer.id == event.timer_id)
    return getattr(event, "step_id", "")
