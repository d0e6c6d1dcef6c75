"""How much a runner keeps: the lengths of all containers of its own objects, and counts, by class and attribute."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

# What may be longer than at the start.
BOUNDED = {
    # Up to bounds of their own.
    "JobTypeStats.durations_s",
    "KeptOutcomes._kept",
    "AcknowledgedIds._expiry_s",
    "FailureCounts._counts",
    "EngineWatch._said",
    "Outage._said",
    "Outage._first_seen",
    "_Search.retries",
    "_Search.first",
    # One for each job type.
    "Statistics._by_type",
    "Slots._in_use_by_type",
    "_FollowUp._passed_over",
    "_FollowUp._pays",
    "_FollowUp._reported",
    "_FollowUp._under_way",
    "KafkaIntake.sources",
    "KafkaSource._config",
    "ConsumerHealth._config",
    # One for each partition, while it is here.
    "Rebalances._assignments",
    "Commits._lowered",
    "BrokerProbe._checked",
    "BrokerProbe._lags",
    "Takeover._searches",
    "Takeover._reported",
}
# Counts of what is in flight: at rest they are what they were, no more and no less.
COUNTS = {
    "Execution._without_slot",
    "Execution._troubled",
    "Senders._troublesome",
    "EngineWatch.waiting_reports",
    "Slots.in_use",
    "Assignment._running",
}
_MAPPINGS = (dict, WeakKeyDictionary)
_CONTAINERS = (*_MAPPINGS, list, set, deque, asyncio.Queue)


def kept(root: Any) -> Counter[str]:
    """The lengths and counts, of everything that can be reached from `root` over objects of the worker's own."""
    lengths: Counter[str] = Counter()
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if id(one) in seen or not _is_own(kind):
            continue
        seen.add(id(one))
        for name, value in _attributes(one):
            if _is_container(type(value)):
                lengths[_key(kind, name)] += _length(value)
                waiting += _held(value)
            elif isinstance(value, int) and (key := _key(kind, name)) in COUNTS:
                lengths[key] += value
            elif _is_own(type(value)):
                waiting.append(value)
    return lengths


@cache
def _is_own(kind: type) -> bool:
    """Whether it is the worker's, and holds what can be looked at."""
    return kind.__module__.startswith("workflow_sdk")


@cache
def _is_container(kind: type) -> bool:
    return issubclass(kind, _CONTAINERS)


@cache
def _key(kind: type, name: str) -> str:
    return f"{kind.__name__}.{name}"


def _length(container: Any) -> int:
    return container.qsize() if isinstance(container, asyncio.Queue) else len(container)


def _held(container: Any) -> list[Any]:
    """What in it is the worker's own."""
    if isinstance(container, asyncio.Queue):
        return []
    values = container.values() if isinstance(container, _MAPPINGS) else container
    return [value for value in values if _is_own(type(value))]


def grown(before: Counter[str], now: Counter[str]) -> list[str]:
    """What is longer than it was, and should not be; and counts that are not what they were."""
    return [
        f"{name}: {now[name]}"
        for name in sorted(now)
        if (now[name] > before[name] and name not in BOUNDED)
        or (now[name] != before[name] and name in COUNTS)
    ]


def _attributes(one: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(one, "__dict__", {}).items()
    for slot in getattr(type(one), "__slots__", ()):
        if hasattr(one, slot):
            yield slot, getattr(one, slot)
