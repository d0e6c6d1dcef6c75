"""The engine's versions, and what each brought: the one table that everything asks.

Nothing compares versions by itself. Whoever does something that not every version does is given
`EngineRules` and asks for the feature by its name: ``rules.ordered_branches``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Final

# Oldest first. "0": the engine before it had numbers. "next" and "leases": later ones whose numbers are not known.
ENGINE_VERSIONS: Final = ("0", "1.0.0", "1.0.1", "1.1.0", "next", "leases")
DEFAULT_ENGINE_VERSION: Final = "next"


class UnknownEngineVersionError(ValueError):
    """There is no engine version of this name; the text lists those that there are."""


def _since(version: str) -> Any:
    return field(metadata={"since": version})


@dataclass(frozen=True, slots=True)
class EngineRules:
    """What an engine of one version does. Made by `engine_rules`; equal for equal versions and switches."""

    version: str

    # DECISION_TABLE steps.
    decision_tables: bool = _since("1.0.0")
    # Branches are tried in the order of the stored document; before, at random.
    ordered_branches: bool = _since("1.0.0")
    # Two completions of one job at the same moment advance the instance once.
    completion_once: bool = _since("1.0.0")
    # A timer does nothing once its step or its instance has ended.
    timers_end_with_step: bool = _since("1.0.0")
    # A join sees what the same request has completed, and counts distinct first steps.
    joins_within_request: bool = _since("1.0.0")
    # Days in durations, and durations read as a whole.
    long_durations: bool = _since("1.0.0")
    # An instance that is not there has the same reason at every route.
    one_reason_for_unknown_instance: bool = _since("1.0.0")
    # A business key belongs to one live instance of a definition, and chained instances inherit it.
    business_keys: bool = _since("1.0.1")
    # POST /v1/instances/{id}/steps/{step}/retry.
    step_retry: bool = _since("1.1.0")
    # input_schema and outputs_schema.
    schemas: bool = _since("next")
    # Operands of expressions are converted by their operator; an operator of the engine may switch it off.
    coercion: bool = _since("next")
    # Callbacks count only from the holder of a lease that lasts, for a step that runs; a job id is one attempt.
    strict_leases: bool = _since("leases")
    # A timer whose target cannot be entered stays due; before, it was lost.
    atomic_timers: bool = _since("leases")
    # A next workflow is tried again until it has started.
    durable_chains: bool = _since("leases")
    # A user task that a timer has interrupted cannot be completed any more.
    interrupted_tasks_close: bool = _since("leases")


FEATURES: Final[Mapping[str, str]] = {
    each.name: each.metadata["since"] for each in fields(EngineRules) if "since" in each.metadata
}
"""The features by name, each with the first version that has it."""


@cache
def engine_rules(version: str = DEFAULT_ENGINE_VERSION, *, coercion: bool = True) -> EngineRules:
    """The rules of a version; ``coercion=False`` where the engine's operator switched that off.

    Raises UnknownEngineVersionError.
    """
    if version not in ENGINE_VERSIONS:
        known = ", ".join(ENGINE_VERSIONS)
        raise UnknownEngineVersionError(f"engine version {version!r} is not known; there are {known}")
    age = ENGINE_VERSIONS.index(version)
    has = {name: ENGINE_VERSIONS.index(since) <= age for name, since in FEATURES.items()}
    return EngineRules(version, **{**has, "coercion": has["coercion"] and coercion})
