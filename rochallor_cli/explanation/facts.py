"""What the engine says of an instance: three GETs, and a second look where one cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rochallor_cli.engine_client.admin_client import ENDED, AdminClient, Value
from rochallor_cli.engine_client.reading import definition_of, rows, texts
from rochallor_cli.explanation.parsed_definitions import ParsedDefinition
from rochallor_cli.output.times import parse_time

HistoryOf = Callable[[str], list[Value]]

# How often facts that contradict each other are read again: the instance goes on meanwhile.
_LOOKS = 4


@dataclass(frozen=True)
class Facts:
    """An instance, its step executions by start, and its definition's version.

    agree: False where instance and history belong to different moments, however often they were read.
    """

    instance: Value
    executions: list[Value]
    reading: ParsedDefinition
    agree: bool = True

    @property
    def document(self) -> Value:
        return self.reading.document

    @property
    def status(self) -> str:
        return str(self.instance.get("status"))

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def steps(self) -> Mapping[str, Value]:
        return {str(step.get("id")): step for step in rows(self.document.get("steps"))}

    @property
    def current(self) -> list[str]:
        return texts(self.instance.get("currentStepIds"))

    @property
    def last_event(self) -> str | None:
        """When the history was last written to, as the engine says it."""
        times = {
            moment: str(row[name])
            for row in self.executions
            for name in ("startedAt", "endedAt")
            if (moment := parse_time(row.get(name))) is not None
        }
        return times[max(times)] if times else self.instance.get("startedAt")


class FactsReader:
    """Reads facts; definitions never change, so each version is asked for once.

    history_of: asks for a history in place of the engine's client.
    """

    def __init__(self, engine: AdminClient, history_of: HistoryOf | None = None) -> None:
        self._engine = engine
        self._history_of = history_of or engine.client.get_instance_history
        self._readings: dict[tuple[str, int], ParsedDefinition] = {}

    def facts(self, instance_id: str) -> Facts:
        """Raises NotFoundError."""
        return self.facts_of(self._engine.instance(instance_id))

    def facts_of(self, instance: Value) -> Facts:
        """The facts about an instance that was just read; it is read again where the history knows more."""
        instance_id = str(instance["id"])
        reading = self._reading(instance)
        for _ in range(_LOOKS):
            executions = [_in_text(row) for row in self._history_of(instance_id)]
            facts = Facts(instance, executions, reading)
            if not _contradict(facts):
                return facts
            again = self._engine.instance(instance_id)
            if _standing(again) == _standing(instance):
                # Nothing happened in between: that is how it is.
                return facts
            instance = again
        return Facts(instance, executions, reading, agree=False)

    def look_again(self, facts: Facts) -> Facts | None:
        """The facts of now where they have changed, else None."""
        again = self.facts(str(facts.instance["id"]))
        same = (again.instance, again.executions) == (facts.instance, facts.executions)
        return None if same else again

    def _reading(self, instance: Value) -> ParsedDefinition:
        key = definition_of(instance)
        if key not in self._readings:
            self._readings[key] = ParsedDefinition(self._engine.definition(*key))
        return self._readings[key]


def _in_text(row: Value) -> Value:
    """A step execution whose step and status are text, whatever stands there."""
    return {**row, "stepId": str(row.get("stepId")), "status": str(row.get("status"))}


def _contradict(facts: Facts) -> bool:
    """Whether instance and history seem to be of different moments."""
    if facts.is_ended:
        return False
    running = {str(row.get("stepId")) for row in facts.executions if row.get("status") == "RUNNING"}
    entered = {str(row.get("stepId")) for row in facts.executions}
    return not running <= set(facts.current) <= entered


def _standing(instance: Value) -> tuple[Any, Any]:
    return instance.get("status"), instance.get("currentStepIds")
