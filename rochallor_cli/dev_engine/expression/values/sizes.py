"""How much a value amounts to when it is written out: parts that it shares count each time."""

from __future__ import annotations

from collections.abc import Iterable

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.limits import MAX_VALUE_SIZE


def size_of(value: object) -> int:
    """Characters of all strings, and 8 for each value. Raises ``Fault`` as soon as it is more than is allowed.

    A list of a thousand times the same long text is as long as it looks, though it takes no memory yet.
    """
    size = 0
    waiting: list[Iterable[object]] = [(value,)]
    while waiting:
        for item in waiting.pop():
            size += 8
            if isinstance(item, str | bytes):
                size += len(item)
            elif isinstance(item, list):
                waiting.append(item)
            elif isinstance(item, dict):
                waiting.append(item)
                waiting.append(item.values())
        if size > MAX_VALUE_SIZE:
            raise Fault("the value is too large to be written out or compared")
    return size
