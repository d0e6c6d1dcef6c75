"""The engine's versions and what each brought, as clients and workers meet it: one table.

A client never asks an engine for its version, for there is no such route, and a worker goes by rules that hold on
all of them at once. The table is what errors and advice name versions by. Whoever needs a version asks for the
feature: ``since("step_retry")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Oldest first. "0": the engine before it had numbers. "next" and "leases": later ones whose numbers are not known.
ENGINE_VERSIONS: Final = ("0", "1.0.0", "1.0.1", "1.1.0", "next", "leases")

FEATURES: Final[Mapping[str, str]] = {
    # Definitions may hold DECISION_TABLE steps; older engines refuse them.
    "decision_tables": "1.0.0",
    # Branches are tried in the order in which get_definition shows them; before, at random.
    "ordered_branches": "1.0.0",
    # Two completions of one job at the same moment count once; before, the instance advances twice.
    "completion_once": "1.0.0",
    # A timer does nothing once its step or its instance has ended.
    "timers_end_with_step": "1.0.0",
    # A join sees what the same request has completed, and counts distinct first steps.
    "joins_within_request": "1.0.0",
    # Durations may have days, and are read as a whole.
    "long_durations": "1.0.0",
    # A 404 about an instance has the same reason at every route, without the instance's id.
    "one_reason_for_unknown_instance": "1.0.0",
    # A second live instance with a business key is a 409; chained instances inherit the key.
    "business_keys": "1.0.1",
    # retry_step; RouteMissingError before.
    "step_retry": "1.1.0",
    # A start or a completion may be a 500 that says "schema violation", and is final.
    "schemas": "next",
    # Operands of expressions are converted by their operator.
    "coercion": "next",
    # A late, repeated or foreign report is dropped with 204, and each attempt of a job has another id.
    "strict_leases": "leases",
    # A timer whose target cannot be entered stays due.
    "atomic_timers": "leases",
    # A next workflow is tried again until it has started.
    "durable_chains": "leases",
    # complete_user_task is a 404 once a timer has interrupted the task.
    "interrupted_tasks_close": "leases",
}
"""The features by name, each with the first version that has it."""


def since(feature: str) -> str:
    """The first version that has a feature; KeyError where there is none of that name."""
    return FEATURES[feature]
