"""What an answer proves about the version of the engine that gave it, without asking for it.

Only what the engine itself says in words of its own counts: a status alone may be anybody's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflow_sdk.engine_versions import ENGINE_VERSIONS, FEATURES

if TYPE_CHECKING:
    from workflow_sdk.client.http import Exchange

_INSTANCE = re.compile(r"/v1/instances/[^/?]+$")
_RETRY = re.compile(r"/v1/instances/[^/?]+/steps/[^/?]+/retry$")
_DEFINITION = re.compile(r"/v1/definitions(/[^?]+)?$")
# A refused upload that does not know a part: the feature that the part came with.
UNKNOWN_PARTS = {
    'unknown field "decisionTable"': "decision_tables",
    'unknown field "hitPolicy"': "decision_tables",
    'unsupported type "DECISION_TABLE"': "decision_tables",
    'unknown field "input_schema"': "schemas",
    'unknown field "outputs_schema"': "schemas",
}
# The beginning of a reason: the feature without which no engine says that.
_WORDS = {
    "start: business key already in use": "business_keys",
    "schema violation": "schemas",
    "lock job instance: no rows": "strict_leases",
}


def versions_proved(exchange: Exchange) -> tuple[str, ...] | None:
    """The versions that an engine with this answer can be, oldest first; None where it proves nothing."""
    if exchange.status is None:
        return None
    for prove in (_by_instance, _by_retry, _by_words, _by_definition):
        found = prove(exchange)
        if found is not None:
            return found
    return None


def since(feature: str) -> tuple[str, ...]:
    """The versions that have a feature."""
    return ENGINE_VERSIONS[ENGINE_VERSIONS.index(FEATURES[feature]) :]


def before(feature: str) -> tuple[str, ...]:
    """The versions that lack it."""
    return ENGINE_VERSIONS[: ENGINE_VERSIONS.index(FEATURES[feature])]


def _by_instance(exchange: Exchange) -> tuple[str, ...] | None:
    """Of an instance that is not there the first version names the id, and later ones do not."""
    path = _path(exchange)
    if exchange.method != "GET" or exchange.status != 404 or not _INSTANCE.search(path):
        return None
    reason = _reason(exchange)
    if reason == f'instance "{path.rpartition("/")[2]}" not found':
        return before("one_reason_for_unknown_instance")
    is_later = reason == "workflow instance not found"
    return since("one_reason_for_unknown_instance") if is_later else None


def _by_retry(exchange: Exchange) -> tuple[str, ...] | None:
    """A route that answers in the engine's words is there. (That one is not there, any proxy says.)"""
    if not _RETRY.search(_path(exchange)):
        return None
    answered = _object(exchange.response_body)
    is_engine = "id" in answered and "status" in answered if exchange.status == 200 else _reason(exchange)
    return since("step_retry") if is_engine else None


def _by_words(exchange: Exchange) -> tuple[str, ...] | None:
    reason = _reason(exchange) if int(exchange.status or 0) >= 400 else ""
    for beginning, feature in _WORDS.items():
        if reason.startswith(beginning):
            return since(feature)
    for words, feature in UNKNOWN_PARTS.items():
        if exchange.status == 400 and words in reason:
            return before(feature)
    return None


def _by_definition(exchange: Exchange) -> tuple[str, ...] | None:
    """A definition that the engine has, or has just taken, holds only parts that it knows."""
    if exchange.status not in (200, 201) or not _DEFINITION.search(_path(exchange)):
        return None
    definition = exchange.request_body if exchange.method == "POST" else exchange.response_body
    if not any(part in definition for part in (b"DECISION_TABLE", b"_schema")):
        return None
    feature = _newest_part(_object(definition))
    return since(feature) if feature else None


def _newest_part(definition: Mapping[str, Any]) -> str | None:
    steps = definition.get("steps")
    known = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    if "input_schema" in definition or any("outputs_schema" in step for step in known):
        return "schemas"
    has_table = any(step.get("type") == "DECISION_TABLE" for step in known)
    return "decision_tables" if has_table else None


def _path(exchange: Exchange) -> str:
    return exchange.url.partition("?")[0]


def _reason(exchange: Exchange) -> str:
    """The reason of a refusal in the engine's shape; empty where it has none."""
    fields = _object(exchange.response_body)
    reason = fields.get("reason")
    return reason if isinstance(reason, str) and isinstance(fields.get("error"), str) else ""


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
