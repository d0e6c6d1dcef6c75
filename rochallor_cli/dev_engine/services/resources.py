"""What every use case needs: the store, the clock, ids, the definitions at hand, the choices."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.clock import Clock
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.definition.parsing import definition_from_text
from rochallor_cli.dev_engine.ids import Ulids
from rochallor_cli.dev_engine.records import Instance
from rochallor_cli.dev_engine.state_machine.effects import FaultMet
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.store import Store

logger = logging.getLogger("rochallor_cli.dev_engine")

T = TypeVar("T")

_MAX_CACHED_DEFINITIONS = 1_000
# The engine takes what has no order as it is written in some nine of ten runs.
_AS_WRITTEN = 0.9


class Resources:
    """The store, clock, ids, randomness and definitions that use cases share; one for each engine."""

    def __init__(self, config: DevEngineConfig, store: Store) -> None:
        self.config = config
        self.store = store
        self.rules = config.rules
        self.clock: Clock = config.clock
        self.random = Random(config.seed)  # noqa: S311 - nothing here is a secret
        # Of their own: how many ids are made must not change what is chosen.
        self.new_id = Ulids(config.clock, Random(config.seed))  # noqa: S311
        self._definitions: dict[tuple[str, int], Definition] = {}
        # Set when a workflow ended that is followed by another one.
        self.next_workflows_due = True
        self._faults_told: set[tuple[str, int, str, str]] = set()

    def inputs(self) -> EventInputs:
        return EventInputs(self.clock.now_ns(), self.choose, self.config.strict, choices=None)

    def choose(self, options: Sequence[T], /) -> T:
        """The first option as a rule, any of the others now and then; repeatable by the seed."""
        if len(options) == 1 or self.random.random() < _AS_WRITTEN:
            return options[0]
        return self.random.choice(options[1:])

    def in_some_order(self, things: Iterable[T]) -> list[T]:
        """Things that have no order among them, in an order chosen one by one."""
        left = list(things)
        ordered: list[T] = []
        while len(left) > 1:
            ordered.append(first := self.choose(left))
            left.remove(first)
        return ordered + left

    def definition(self, definition_id: str, version: int) -> Definition | None:
        """A version's model; the same object for the same version."""
        found = self._definitions.get((definition_id, version))
        if found is None:
            stored = self.store.definitions.find(definition_id, version)
            if stored is None:
                return None
            if len(self._definitions) >= _MAX_CACHED_DEFINITIONS:
                self._definitions.clear()
            found = self._definitions[definition_id, version] = definition_from_text(
                stored.document, self.rules
            )
        return found

    def definition_of(self, instance: Instance) -> Definition:
        found = self.definition(instance.definition_id, instance.definition_version)
        assert found is not None, "definitions are never deleted"
        return found

    def tell_fault(self, instance: Instance, fault: FaultMet) -> None:
        """Warn of an engine fault, once for each step of a definition's version."""
        key = (instance.definition_id, instance.definition_version, fault.step_id, fault.code)
        if key in self._faults_told:
            return
        self._faults_told.add(key)
        logger.warning(
            "%s %s v%d, instance %s: %s",
            fault.code,
            instance.definition_id,
            instance.definition_version,
            instance.id,
            fault.text,
        )

    def tell_chain_failure(self, definition_id: str, reason: str) -> None:
        """Warn that a next workflow did not start; the engine says nothing."""
        key = (definition_id, 0, "", codes.NEXT_WORKFLOW_MISSING)
        if key not in self._faults_told:
            self._faults_told.add(key)
            logger.warning(
                "%s next workflow %s was not started: %s", codes.NEXT_WORKFLOW_MISSING, definition_id, reason
            )
