"""Where two versions of the engine part: both machines led by the same events through all that can happen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    CompleteUserTask,
    Definition,
    Event,
    FireTimer,
    InstanceStatus,
    KnownConditions,
    Reaction,
    Refused,
    Signal,
    World,
    essence,
    every_outcome,
    every_start,
    possible_events,
    without_past,
    without_schemas,
)
from rochallor_cli.verification.consistency import is_consistent
from rochallor_cli.verification.definition_graph import DefinitionGraph
from rochallor_cli.verification.search import (
    FROM_OUTSIDE,
    STEP_BUDGET,
    SearchBounds,
    step_of,
    without_collector,
    without_variables,
)
from rochallor_cli.verification.state_abstraction import without_changing, without_crowd

_WHAT = {
    CompleteJob: "the job of",
    CompleteUserTask: "the user task",
    Signal: "the signal to",
    FireTimer: "a timer of",
}

WorldPair = tuple[World, World]


@dataclass(frozen=True)
class VersionDifference:
    """One event after which a run stands elsewhere in the other version, or that only one of them lets happen.

    step: where it happens. steps: all that it concerns. before, after: what each version makes of it.
    fails, is_mended: the new version stops what went on, or lets go on what stopped.
    """

    step: str
    steps: frozenset[str]
    text: str
    before: str
    after: str
    fails: bool = False
    is_mended: bool = False


@dataclass
class ComparedVersions:
    """What a search over pairs of worlds has found; is_complete: there is nothing else."""

    differences: list[VersionDifference] = field(default_factory=list)
    is_complete: bool = True


def compared_versions(*, old: Definition, new: Definition, bounds: SearchBounds) -> ComparedVersions:
    """Breadth first over pairs of worlds that look alike, each once; one that does not is a difference, and the end."""
    with without_collector():
        return _Pairs(old, new, bounds).run()


class _Pairs:
    def __init__(self, old: Definition, new: Definition, bounds: SearchBounds) -> None:
        self._machines = (_Machine(old), _Machine(new))
        self._bounds = bounds
        self._known: set[Hashable] = set()
        self._waiting: deque[WorldPair] = deque()
        self._found = ComparedVersions()
        self._told: set[Hashable] = set()
        self._until = time.perf_counter() + bounds.max_seconds

    def run(self) -> ComparedVersions:
        first = self._machines[0].definition.steps[0].id
        was, now = (machine.starts() for machine in self._machines)
        if isinstance(was, Refused) or isinstance(now, Refused):
            if type(was) is not type(now):
                self._tell(_of_starts(first, was, now))
            return self._found
        self._compare(first, "the start", was=was, now=now)
        while self._waiting and self._found.is_complete:
            if len(self._known) > self._bounds.max_states or time.perf_counter() > self._until:
                self._found.is_complete = False
            else:
                self._expand(self._waiting.popleft())
        return self._found

    def _expand(self, pair: WorldPair) -> None:
        was, now = (machine.events(world) for machine, world in zip(self._machines, pair, strict=True))
        for name in was.keys() | now.keys():
            event = was.get(name) or now[name]
            step = step_of(event, pair[0] if name in was else pair[1])
            what = f"{_WHAT.get(type(event), 'an event at')} {step}"
            if name in was and name in now:
                before, after = (
                    m.outcomes(w, e[name]) for m, w, e in zip(self._machines, pair, (was, now), strict=True)
                )
                self._compare(step, what, was=before, now=after)
            else:
                self._of_one(step, what, event=event, pair=pair, is_old=name in was)

    def _of_one(self, step: str, what: str, *, event: Event, pair: WorldPair, is_old: bool) -> None:
        """What only one version lets happen, where it changes anything."""
        machine, world = (self._machines[0], pair[0]) if is_old else (self._machines[1], pair[1])
        for reaction in machine.outcomes(world, event):
            if _look(reaction) != _look(Reaction(world)):
                texts = (_text(reaction), "nothing comes of it")
                before, after = texts if is_old else texts[::-1]
                steps = frozenset({step, *(each.step_id for each in reaction.entries)})
                self._tell(VersionDifference(step, steps, what, before, after))
                return

    def _compare(self, step: str, what: str, *, was: Sequence[Reaction], now: Sequence[Reaction]) -> None:
        for before in was:
            for after in now:
                if _go_together(before, after):
                    self._meet(step, what, before=before, after=after)

    def _meet(self, step: str, what: str, *, before: Reaction, after: Reaction) -> None:
        if _look(before) != _look(after):
            steps = {step, *(each.step_id for one in (before, after) for each in one.entries)}
            stops, stopped = _is_stop(after), _is_stop(before)
            self._tell(
                VersionDifference(
                    step, frozenset(steps), what, _text(before), _text(after),
                    fails=stops and not stopped, is_mended=stopped and not stops,
                )
            )  # fmt: skip
        elif before.refusal is None:
            old, new = (m.followed(one) for m, one in zip(self._machines, (before, after), strict=True))
            key = tuple(essence(m.definition, w) for m, w in zip(self._machines, (old, new), strict=True))
            if key not in self._known:
                self._known.add(key)
                self._waiting.append((without_past(old), without_past(new)))

    def _tell(self, difference: VersionDifference) -> None:
        """Each once for its step and what becomes of it: many runs show the same."""
        key = (difference.step, difference.fails, difference.is_mended, difference.before, difference.after)
        if key not in self._told:
            self._told.add(key)
            self._found.differences.append(difference)


class _Machine:
    """One version's machine, with what is known of conditions."""

    def __init__(self, definition: Definition) -> None:
        self.definition = without_schemas(definition)
        self._sets = DefinitionGraph.of(definition).sets
        self._conditions = KnownConditions()

    def starts(self) -> list[Reaction] | Refused:
        try:
            return self._sound(
                every_start(self.definition, conditions=self._conditions, step_budget=STEP_BUDGET)
            )
        except Refused as refused:
            return refused

    def outcomes(self, world: World, event: Event) -> list[Reaction]:
        known = without_variables(world) if isinstance(event, FROM_OUTSIDE) else world
        return self._sound(
            every_outcome(self.definition, known, event, conditions=self._conditions, step_budget=STEP_BUDGET)
        )

    def events(self, world: World) -> dict[Hashable, Event]:
        """What can happen, by names that the machines of two versions share."""
        return {_name(event): event for event in possible_events(self.definition, world)}

    def followed(self, reaction: Reaction) -> World:
        """The world after it, without what grows for ever."""
        world, _ = without_changing(reaction.world, reaction.entries, self._sets)
        return without_crowd(world, reaction.entries)[0]

    def _sound(self, reactions: Iterable[Reaction]) -> list[Reaction]:
        return [each for each in reactions if is_consistent(self.definition, each)]


def _name(event: Event) -> Hashable:
    if isinstance(event, CompleteJob):
        return event.job_id
    return (
        event.timer_id
        if isinstance(event, FireTimer)
        else (type(event).__name__, getattr(event, "step_id", ""))
    )


def _go_together(before: Reaction, after: Reaction) -> bool:
    """Whether no choice that both met was taken in two ways."""
    if before.choices == after.choices:
        return True
    was, now = (_taken(each) for each in (before, after))
    return all(was[point] == now[point] for point in was.keys() & now.keys())


def _taken(reaction: Reaction) -> dict[tuple[str, int], str]:
    """What was taken at each step, by how often it had been met."""
    found: dict[tuple[str, int], str] = {}
    for choice in reaction.choices:
        times = sum(step == choice.step_id for step, _ in found)
        found[choice.step_id, times] = choice.taken
    return found


def _look(reaction: Reaction) -> Hashable:
    """What whoever follows an instance sees of it, and who has work: all that later events come from."""
    if reaction.refusal is not None:
        return "refused"
    world, instance = reaction.world, reaction.world.instance
    if not instance.status.is_live:
        return instance.status
    return (
        instance.status,
        frozenset(instance.current_step_ids),
        instance.variables,
        frozenset(job.id for job in world.open_jobs),
        frozenset(task.step_id for task in world.user_tasks),
    )


def _is_stop(reaction: Reaction) -> bool:
    return reaction.refusal is not None or reaction.world.instance.status == InstanceStatus.FAILED


def _text(reaction: Reaction) -> str:
    if reaction.refusal is not None:
        return f"{reaction.refusal.status}: {reaction.refusal.reason}"
    instance = reaction.world.instance
    current = ", ".join(instance.current_step_ids) if instance.status.is_live else ""
    return f"{instance.status}, open: {current}" if current else str(instance.status)


def _of_starts(step: str, was: list[Reaction] | Refused, now: list[Reaction] | Refused) -> VersionDifference:
    before, after = (
        f"refused: {each.reason}" if isinstance(each, Refused) else "starts" for each in (was, now)
    )
    fails = isinstance(now, Refused)
    return VersionDifference(
        step, frozenset({step}), "the start", before, after, fails=fails, is_mended=not fails
    )
