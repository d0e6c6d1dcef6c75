"""What started an instance, and what it started. The engine keeps no such link, so both are told from the definitions.

A definition with `autoStartNextWorkflow` has its next workflow started a moment after it has ended, with its variables
and, from 1.0.1 on, its business key. What fits is likely, and shown as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.engine_client.reading import mapping
from rochallor_cli.output.times import parse_time
from rochallor_cli.ui.page_engine import PageEngine

# An engine starts the next one at once; one that had to be restarted, later.
_SOON = timedelta(seconds=60)
_SLACK = timedelta(seconds=1)
_MOST_LOOKED_AT = 200
# A parent is looked for among the definitions, one request each.
MOST_DEFINITIONS = 100


def next_workflow(definition: Value) -> str:
    """The definition that is started after this one; "" for none."""
    follows = definition.get("nextWorkflowId") if definition.get("autoStartNextWorkflow") else None
    return follows if isinstance(follows, str) else ""


def child_of(page_engine: PageEngine, *, instance: Value, definition: Value) -> Value | None:
    """The instance that was likely started when this one had ended."""
    follows, ended = next_workflow(definition), parse_time(instance.get("completedAt"))
    if not follows or ended is None or instance.get("status") != "COMPLETED":
        return None
    near = [
        (started, other)
        for other, started in _around(
            page_engine, follows, field="startedAt", first=ended - _SLACK, last=ended + _SOON
        )
        if _belong_together(instance, other)
    ]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def parent_of(page_engine: PageEngine, instance: Value) -> Value | None:
    """The instance after which this one was likely started; looks through the definitions."""
    started = parse_time(instance.get("startedAt"))
    if started is None:
        return None
    near = [
        (ended, other)
        for definition_id in _those_before(page_engine, str(instance.get("definitionId")))
        for other, ended in _around(
            page_engine, definition_id, field="completedAt", first=started - _SOON, last=started + _SLACK
        )
        if other.get("status") == "COMPLETED" and _belong_together(other, instance)
    ]
    return max(near, key=lambda pair: pair[0])[1] if near else None


def _those_before(page_engine: PageEngine, definition_id: str) -> Iterator[str]:
    for row in page_engine.engine.definitions(limit=MOST_DEFINITIONS):
        version = row.get("version")
        if isinstance(version, int):
            before = page_engine.definition(str(row.get("id")), version)
            if next_workflow(before) == definition_id:
                yield str(row.get("id"))


def _around(
    page_engine: PageEngine, definition_id: str, *, field: str, first: datetime, last: datetime
) -> Iterator[tuple[Value, datetime]]:
    """The newest instances of a definition of which a time lies between these."""
    for other in page_engine.engine.instances(definition_id=definition_id, limit=_MOST_LOOKED_AT):
        moment = parse_time(other.get(field))
        if moment is not None and first <= moment <= last:
            yield other, moment


def _belong_together(before: Value, after: Value) -> bool:
    """Whether the later one may have begun with what the earlier one ended with: its key, or else its variables."""
    if before.get("businessKey") and after.get("businessKey"):
        return bool(before["businessKey"] == after["businessKey"])
    return set(mapping(before.get("variables"))) <= set(mapping(after.get("variables")))
