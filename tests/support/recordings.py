"""The recorded answers of real engines: which of them hold for which version, and how they are replayed.

Each folder `golden*` holds what one version answered. A later recording of the same name takes the place of an
earlier one; all others hold unchanged, but for those named here.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from rochallor_cli.dev_engine import ENGINE_VERSIONS, DevEngine, engine_rules

CONTRACT = Path(__file__).resolve().parents[1] / "contract"
# The recordings, each with the first version that it holds for.
FOLDERS = {"golden": "0", "golden-1.1": "1.0.0", "golden-next": "next", "golden-leases": "leases"}
# What the engine of golden-1.1 had and versions before it lack: by the beginning of the scenario's name.
LATER = {"business-key": "business_keys", "retry-": "step_retry", "business-key-retry": "step_retry"}
# Recorded again of engines with ordered branches, under another name.
OF_UNORDERED_BRANCHES = "branches list"
# With strict leases late, repeated and foreign callbacks do nothing, and retries have ids of their own.
OF_LOOSE_LEASES = frozenset(
    {
        "body-chunked",
        "complete-after-fail",
        "complete-again",
        "complete-bodies",
        "complete-twice",
        "fail-after-cancel",
        "fail-after-complete",
        "fail-bodies",
        "fail-for-good",
        "fail-then-success",
        "fail-with-budget",
        "http-content-types",
        "job-variables-snapshot",
        "lease-expiry",
        "parallel-early-end",
        "parallel-failure",
        "parallel-short-first",
        "retry-with-variables",
        "status-fail-then-job",
        "timer-interrupting-user-task",
    }
)

Recording = dict[str, Any]


def load_replayer() -> ModuleType:
    """The program beside the first recordings that replays one against any engine."""
    spec = importlib.util.spec_from_file_location("golden_replay", CONTRACT / "golden" / "replay.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up here.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def scenarios_of(version: str) -> list[Recording]:
    """The scenarios that an engine of this version answers as recorded, by name."""
    found = {
        path.stem: path
        for folder in _folders_of(version)
        for path in sorted((CONTRACT / folder / "scenarios").glob("*.json"))
    }
    return [
        json.loads(found[name].read_text("utf-8"))
        for name in sorted(found)
        if _holds(name, found[name], version)
    ]


def table_of(version: str, name: str) -> list[Recording]:
    """The rows of "expressions" or "validation" that hold for this version."""
    rows: dict[str, Recording] = {}
    for folder in _folders_of(version):
        path = CONTRACT / folder / f"{name}.json"
        if path.exists():
            rows |= {row_name(row): row for row in json.loads(path.read_text("utf-8"))}
    if engine_rules(version).ordered_branches:
        rows.pop(OF_UNORDERED_BRANCHES, None)
    return list(rows.values())


def row_name(row: Recording) -> str:
    """What tells a row from others of its table."""
    if "name" in row:
        return str(row["name"])
    return f"{row['kind']} {row['expression']} {json.dumps(row['variables'], ensure_ascii=False)}"


def _folders_of(version: str) -> list[str]:
    age = ENGINE_VERSIONS.index(version)
    return [folder for folder, since in FOLDERS.items() if ENGINE_VERSIONS.index(since) <= age]


def _holds(name: str, path: Path, version: str) -> bool:
    rules = engine_rules(version)
    if any(name.startswith(start) and not getattr(rules, feature) for start, feature in LATER.items()):
        return False
    is_older = path.parts[-3] != "golden-leases"
    return not (rules.strict_leases and is_older and name in OF_LOOSE_LEASES)


class EngineTime:
    """The time of an engine that is driven by hand, in place of the module `time`: to sleep is to move its clock."""

    def __init__(self, engine: DevEngine) -> None:
        self._engine = engine

    def sleep(self, seconds: float) -> None:
        if seconds:
            self._engine.advance(seconds)

    def monotonic(self) -> float:
        return self._engine.config.clock.now_ns() / 1e9
