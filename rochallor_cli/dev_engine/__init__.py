"""An embedded engine, wire-compatible with the real one, on SQLite. This is its door."""

from __future__ import annotations

from rochallor_cli.dev_engine.clock import Clock, HandClock, SystemClock
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.definition.checking import check
from rochallor_cli.dev_engine.definition.problems import Problem
from rochallor_cli.dev_engine.embedded import DevEngine
from rochallor_cli.dev_engine.errors import DevEngineError

__all__ = [
    "Clock",
    "DevEngine",
    "DevEngineConfig",
    "DevEngineError",
    "HandClock",
    "Problem",
    "SystemClock",
    "check",
]
