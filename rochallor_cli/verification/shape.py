"""What of a definition's graph a search looks up again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rochallor_cli.dev_engine.explore import Definition, World

_RESTING = ("SERVICE_TASK", "USER_TASK", "WAIT")


@dataclass(frozen=True)
class DefinitionShape:
    """after: the steps that can follow each, timers included. sets: the variables that each sets."""

    after: Mapping[str, frozenset[str]]
    sets: Mapping[str, tuple[str, ...]]
    transformations: frozenset[str]
    # Steps with work to do that are in no circle: each runs once, if the definition is sound.
    once: frozenset[str]
    _found_ahead: dict[frozenset[str], frozenset[str]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, definition: Definition) -> DefinitionShape:
        after = _after({step.id: frozenset(_ways(definition, step.id)) for step in definition.steps})
        sets = {step.id: _sets(step) for step in definition.steps}
        return cls(
            after=after,
            sets={step_id: names for step_id, names in sets.items() if names},
            transformations=frozenset(step.id for step in definition.steps if step.transformations),
            once=frozenset(
                step.id
                for step in definition.steps
                if step.type in _RESTING and step.id not in after[step.id]
            ),
        )

    def has_run(self, world: World) -> frozenset[str]:
        """The steps that ran and can still be come to, though they are in no circle: they would run twice."""
        if not world.instance.status.is_live and not world.timers:
            return frozenset()
        ran = self.once.intersection(world.instance.entered)
        return ran & self._ahead(_places(world)) if ran else ran

    def _ahead(self, places: frozenset[str]) -> frozenset[str]:
        """What can still be come to from these places."""
        found = self._found_ahead.get(places)
        if found is None:
            nothing: frozenset[str] = frozenset()
            found = nothing.union(*[self.after.get(place, nothing) for place in places])
            self._found_ahead[places] = found
        return found


def _places(world: World) -> frozenset[str]:
    """Where something may go on from."""
    places = {job.step_id for job in world.open_jobs}
    places.update(task.step_id for task in world.user_tasks)
    places.update(timer.step_id for timer in world.timers)
    places.update(world.instance.current_step_ids)
    return frozenset(places)


def _ways(definition: Definition, step_id: str) -> Iterator[str]:
    step = definition.by_id[step_id]
    yield from step.parallel_next_steps
    yield from step.conditional_next_steps.values()
    for event in step.boundary_events:
        yield event.target_step_id
    if step.next_step and step.type not in ("DECISION", "PARALLEL_GATEWAY", "END"):
        yield step.next_step


def _sets(step: object) -> tuple[str, ...]:
    names = list(getattr(step, "transformations", {}))
    table = getattr(step, "decision_table", None)
    if table is not None:
        names += [name for rule in table.rules for name in rule.outputs]
    return tuple(dict.fromkeys(names))


def _after(ways: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for start in ways:
        seen: set[str] = set()
        waiting = list(ways[start])
        while waiting:
            step_id = waiting.pop()
            if step_id not in seen and step_id in ways:
                seen.add(step_id)
                waiting.extend(ways[step_id])
        found[start] = frozenset(seen)
    return found
