"""Dev engines for tests: real ones of version 0 unless another is named, in memory, each on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig


@contextmanager
def running_engine(**settings: Any) -> Iterator[DevEngine]:
    """An engine that serves while the block runs; settings as in DevEngineConfig."""
    with DevEngine(DevEngineConfig(**{"port": 0, "seed": 1, "engine_version": "0", **settings})) as engine:
        yield engine


class InterruptedEngine:
    """An engine on a file that can go away, and come back to the same port with what it knew."""

    def __init__(self, database: Path) -> None:
        self._settings: dict[str, Any] = {"seed": 1, "db": database, "port": 0, "engine_version": "0"}
        self._engine: DevEngine | None = None
        self.come_back()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._settings['port']}"

    def come_back(self) -> None:
        self._engine = DevEngine(DevEngineConfig(**self._settings)).__enter__()
        self._settings["port"] = self._engine.port

    def go_away(self) -> None:
        if self._engine is not None:
            self._engine.__exit__(None, None, None)
            self._engine = None


@contextmanager
def interrupted_engine(database: Path) -> Iterator[InterruptedEngine]:
    engine = InterruptedEngine(database)
    try:
        yield engine
    finally:
        engine.go_away()
