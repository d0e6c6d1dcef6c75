"""Dev engines for tests: real ones, in memory, each on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig


@contextmanager
def running_engine(**settings: Any) -> Iterator[DevEngine]:
    """An engine that serves while the block runs; settings as in DevEngineConfig."""
    with DevEngine(DevEngineConfig(**{"port": 0, "seed": 1, **settings})) as engine:
        yield engine
