"""How much a runner keeps: the lengths of all containers of its own objects, and counts, by class and attribute."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Mapping
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
_CONTAINERS = (dict, list, set, deque, WeakKeyDictionary, asyncio.Queue)


def kept(root: Any) -> Counter[str]:
    """The lengths and counts, of everything that can be reached from `root` over objects of the worker's own."""
    lengths: Counter[str] = Counter()
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or not type(one).__module__.startswith("workflow_sdk"):
            continue
        seen.add(id(one))
        for name, value in _attributes(one):
            size, held = _contents(value)
            waiting += held
            key = f"{type(one).__name__}.{name}"
            if isinstance(value, _CONTAINERS):
                lengths[key] += size
            elif key in COUNTS:
                lengths[key] += value
    return lengths


def _contents(value: Any) -> tuple[int, list[Any]]:
    """The length of a container, and what is in it; of anything else it is the thing itself."""
    if isinstance(value, asyncio.Queue):
        return value.qsize(), []
    if not isinstance(value, _CONTAINERS):
        return 0, [value]
    return len(value), list(value.values()) if isinstance(value, Mapping) else list(value)


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
