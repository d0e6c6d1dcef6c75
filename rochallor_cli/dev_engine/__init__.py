"""An embedded engine, wire-compatible with the real one, on SQLite. This is its door.

embedded.py     DevEngine, as its users hold it: started, stopped, and asked from any thread
explore.py      another door: the pure state machine, ready for searches
bench.py        another door: one expression or decision table, evaluated for its author
upgrade.py      another door: what a step does otherwise in another version
sample_values.py  values to try expressions with
engine.py       one engine on one event loop, put together
config.py       how an engine is to run
versions.py     the engine's versions, and what each brought
api/            HTTP: paths, bodies and answers as the engine has them
services/       the use cases: each reads records, asks the state machine, has its effects written
state_machine/  what a workflow does: pure functions
store/          SQLite: writes and reads records, decides nothing
lint/           what an engine accepts and will be regretted
definition/     definitions: model, reading, rules
expression/     the expression language
background/     what happens by the clock: leases, timers, next workflows
kafka/          dispatch over Kafka, and the embedded broker
records.py      what the engine keeps
codes/          the problem codes of lint, warnings and documentation
errors.py       what can go wrong
ids.py          ULIDs
clock.py        what time it is
go_json/        JSON as the engine reads and writes it
go_text.py      text as the engine's language prints it (``%q``, numbers)
quick_values.py  dataclasses made by the hundred thousand
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from rochallor_cli.dev_engine.clock import AheadClock, Clock, HandClock, SystemClock
from rochallor_cli.dev_engine.codes import CODES, Code
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.definition.branch_order import in_branch_order
from rochallor_cli.dev_engine.definition.fields import OLDER_FORMS
from rochallor_cli.dev_engine.definition.json_schema import definition_schema
from rochallor_cli.dev_engine.definition.model import step_types
from rochallor_cli.dev_engine.definition.problems import Problem
from rochallor_cli.dev_engine.definition.validation_tables import HIT_POLICIES
from rochallor_cli.dev_engine.errors import DevEngineError, DevEngineSettingsError
from rochallor_cli.dev_engine.versions import (
    DEFAULT_ENGINE_VERSION,
    ENGINE_VERSIONS,
    FEATURES,
    EngineRules,
    UnknownEngineVersionError,
    engine_rules,
)

if TYPE_CHECKING:
    from rochallor_cli.dev_engine.embedded import DevEngine

__all__ = [
    "CODES",
    "DEFAULT_ENGINE_VERSION",
    "ENGINE_VERSIONS",
    "FEATURES",
    "HIT_POLICIES",
    "OLDER_FORMS",
    "AheadClock",
    "Clock",
    "Code",
    "DevEngine",
    "DevEngineConfig",
    "DevEngineError",
    "DevEngineSettingsError",
    "EngineRules",
    "HandClock",
    "Problem",
    "SystemClock",
    "UnknownEngineVersionError",
    "check",
    "definition_schema",
    "engine_rules",
    "in_branch_order",
    "step_types",
]


def check(
    document: object,
    rules: EngineRules | None = None,
    *,
    known_ids: Collection[str] | None = None,
    variables: Mapping[str, object] | None = None,
    only_refusals: bool = False,
) -> list[Problem]:
    """Every problem of a document (plain JSON values): the engine's own rules in its words, then warnings.

    rules: of the engine that it is for (`engine_rules("1.1.0")`); none: of the default version.
    known_ids: the definitions that are or will be uploaded, to look the next workflow up in.
    variables: those that instances are started with, where they are known.
    only_refusals: without the warnings, which cost most of it.
    """
    # The expression language is loaded when something is checked, not when the door is imported.
    from rochallor_cli.dev_engine.lint.checking import check_document

    return check_document(
        document,
        rules=rules or engine_rules(),
        known_ids=known_ids,
        variables=variables,
        only_refusals=only_refusals,
    )


def __getattr__(name: str) -> Any:
    """An engine is loaded when it is asked for, asyncio with it: most who come by this door only want to know rules."""
    if name == "DevEngine":
        from rochallor_cli.dev_engine.embedded import DevEngine

        return DevEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
