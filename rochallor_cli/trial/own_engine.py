"""An embedded engine for one run, its clock one that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rochallor_cli.dev_engine import Clock, DevEngine, DevEngineConfig, EngineRules, HandClock, SystemClock


@contextmanager
def own_engine(rules: EngineRules, *, is_fast: bool) -> Iterator[DevEngine]:
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
        yield engine
