"""Answers brought into the form the methods promise, whatever the engine's version writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workflow_sdk.client.timestamps import instant_ns

_HISTORY_KEYS = {
    key.lower(): key
    for key in (
        "id",
        "instanceId",
        "stepId",
        "stepType",
        "attemptNumber",
        "status",
        "startedAt",
        "endedAt",
        "inputSnapshot",
        "outputSnapshot",
        "failureReason",
    )
}


def page_from_answer(answer: Mapping[str, Any], *, page: int, page_size: int) -> dict[str, Any]:
    """A page with `items` that is always a list, and `page` and `pageSize`, which the engine leaves out."""
    items = answer.get("items") or []
    return {
        **answer,
        "items": items,
        "page": page,
        "pageSize": page_size,
        "total": answer.get("total", len(items)),
    }


def history_from_answer(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Step executions by start, with the documented keys (the engine writes `StepID`, its docs `stepId`)."""
    return sorted(map(_step_execution, answer.get("items") or ()), key=_start_order)


def without_nones(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if value is not None}


def _step_execution(item: object) -> dict[str, Any]:
    absent: dict[str, Any] = dict.fromkeys(_HISTORY_KEYS.values())
    if not isinstance(item, Mapping):
        # One odd row must not cost the others; it is there to be seen.
        return {**absent, "unreadable": item}
    return absent | {_HISTORY_KEYS.get(str(key).lower(), str(key)): value for key, value in item.items()}


def _start_order(execution: Mapping[str, Any]) -> tuple[int, str]:
    try:
        started = instant_ns(execution["startedAt"])
    except (AttributeError, OverflowError, TypeError, ValueError):
        started = 0
    return started, str(execution["id"])
