"""A kept document as the engine gives it back."""

from __future__ import annotations

from typing import Any

from rochallor_cli.dev_engine.definition.branch_order import in_branch_order
from rochallor_cli.dev_engine.go_json.writing import in_stored_order
from rochallor_cli.dev_engine.versions import EngineRules

# Whose keys are the author's own.
_MAPS = {"conditionalNextSteps", "transformations", "metadata", "when", "outputs", "properties"}


def shown_document(fields: dict[str, Any], rules: EngineRules) -> dict[str, Any]:
    """The document with its maps in the engine's order.

    Branches stand as they are tried, where they have an order; all other maps by the bytes of their keys.
    """
    return {name: _shown(name, value, rules) for name, value in fields.items()}


def _shown(name: str, value: Any, rules: EngineRules) -> Any:
    if name == "conditionalNextSteps" and rules.ordered_branches:
        return in_branch_order(value)
    if name in _MAPS:
        return {key: in_stored_order(value[key]) for key in sorted(value)}
    if isinstance(value, dict):
        return shown_document(value, rules)
    if isinstance(value, list):
        return [_shown("", item, rules) for item in value]
    return value
