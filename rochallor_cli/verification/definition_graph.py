"""What of a definition's graph a search looks up again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rochallor_cli.dev_engine.explore import Definition, Entry, World

_RESTING = ("SERVICE_TASK", "USER_TASK", "WAIT")


@dataclass(frozen=True)
class DefinitionGraph:
    """after: the steps that can follow each, timers included. sets: the variables that each sets."""

    after: Mapping[str, frozenset[str]]
    sets: Mapping[str, tuple[str, ...]]
    transformations: frozenset[str]
    # Steps with work to do that are in no circle: each runs once, if the definition is sound.
    once: frozenset[str]
    # Each of them as a bit, and for each step those that can follow it.
    _bits: Mapping[str, int]
    _once_after: Mapping[str, int]

    @classmethod
    def of(cls, definition: Definition) -> DefinitionGraph:
        after = _after({step.id: frozenset(_ways(definition, step.id)) for step in definition.steps})
        sets = {step.id: _sets(step) for step in definition.steps}
        once = [
            step.id for step in definition.steps if step.type in _RESTING and step.id not in after[step.id]
        ]
        bits = {step_id: 1 << number for number, step_id in enumerate(once)}
        return cls(
            after=after,
            sets={step_id: names for step_id, names in sets.items() if names},
            transformations=frozenset(step.id for step in definition.steps if step.transformations),
            once=frozenset(once),
            _bits=bits,
            _once_after={
                step_id: sum(bits[each] for each in following if each in bits)
                for step_id, following in after.items()
            },
        )

    def ran_by(self, entries: Iterable[Entry]) -> int:
        """The steps entered that run once if the definition is sound, each a bit of the number."""
        ran = 0
        for entry in entries:
            ran |= self._bits.get(entry.step_id, 0)
        return ran

    def ahead(self, world: World) -> int:
        """The steps that run once and can still be come to, as bits: one of them that ran would run twice."""
        ahead = 0
        if world.instance.status.is_live or world.timers:
            for place in _places(world):
                ahead |= self._once_after.get(place, 0)
        return ahead


def _places(world: World) -> set[str]:
    """Where something may go on from."""
    places = {job.step_id for job in world.open_jobs}
    places.update([task.step_id for task in world.user_tasks])
    places.update([timer.step_id for timer in world.timers])
    places.update(world.instance.current_step_ids)
    return places


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
