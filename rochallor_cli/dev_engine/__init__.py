"""An embedded engine, wire-compatible with the real one, on SQLite. This is its door."""

from __future__ import annotations

from collections.abc import Collection

from rochallor_cli.dev_engine.clock import Clock, HandClock, SystemClock
from rochallor_cli.dev_engine.codes import CODES, Code
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.definition.problems import Problem
from rochallor_cli.dev_engine.embedded import DevEngine
from rochallor_cli.dev_engine.errors import DevEngineError, DevEngineSettingsError

__all__ = [
    "CODES",
    "Clock",
    "Code",
    "DevEngine",
    "DevEngineConfig",
    "DevEngineError",
    "DevEngineSettingsError",
    "HandClock",
    "Problem",
    "SystemClock",
    "check",
]


def check(document: object, *, known_ids: Collection[str] | None = None) -> list[Problem]:
    """Every problem of a document (plain JSON values): the engine's own rules in its words, then warnings.

    known_ids: the definitions that are or will be uploaded, to look the next workflow up in.
    """
    # The expression language is loaded when something is checked, not when the door is imported.
    from rochallor_cli.dev_engine.definition.checking import check_document

    return check_document(document, known_ids=known_ids)
