"""An embedded engine for one run, with a clock that can be moved to the next timer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from rochallor_cli.dev_engine import Clock, DevEngine, DevEngineConfig, EngineRules, HandClock, SystemClock
from rochallor_cli.instances.snapshots import Snapshot
from rochallor_cli.output.times import parse_time

_NS_PER_S: Final = 1_000_000_000


@contextmanager
def own_engine(rules: EngineRules, *, is_fast: bool) -> Iterator[tuple[DevEngine, Clock]]:
    """An engine in memory, on a free port; `is_fast`: its time stands still until it is moved."""
    clock: Clock = HandClock() if is_fast else SystemClock()
    config = DevEngineConfig(
        port=0,
        clock=clock,
        engine_version=rules.version,
        coercion=rules.coercion,
        lease_s=1e6 if is_fast else 30.0,
    )
    with DevEngine(config) as engine:
        yield engine, clock


@dataclass(frozen=True)
class SkippedTimers:
    """Moves an engine's time to when a timer of what is open fires. lengths_ns: of the timers, by step."""

    engine: DevEngine
    clock: Clock
    lengths_ns: Mapping[str, tuple[int, ...]]

    def skip_to_next(self, snapshot: Snapshot) -> bool:
        now = self.clock.now_ns()
        due = [
            moment
            for execution in snapshot.executions
            if execution.get("status") == "RUNNING"
            for moment in self._moments(execution)
            if moment > now
        ]
        if not due:
            return False
        self.engine.advance((min(due) - now) / _NS_PER_S)
        return True

    def _moments(self, execution: Mapping[str, Any]) -> Iterator[int]:
        began = parse_time(execution.get("startedAt"))
        if began is None:
            return
        began_ns = round(began.timestamp() * _NS_PER_S)
        for length in self.lengths_ns.get(str(execution.get("stepId")), ()):
            yield began_ns + length


def timer_lengths_ns(document: Mapping[str, Any], rules: EngineRules) -> dict[str, tuple[int, ...]]:
    """How long the timers of each step run, as engines of these rules read them."""
    from rochallor_cli.dev_engine.explore import definition_from_document, timer_length_ns

    found: dict[str, tuple[int, ...]] = {}
    for step in definition_from_document(dict(document), rules).steps:
        lengths = [timer_length_ns(event, rules) for event in step.boundary_events]
        found[step.id] = tuple(length for length in lengths if length is not None)
    return {step: lengths for step, lengths in found.items() if lengths}
