"""JSON to show, of values as deep as an engine's may be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Characters and values that are written for a reader; more than these are for programs, and nobody scrolls through.
_MOST_READ = 2_000_000
_OF_ONE_VALUE = 10


def is_vast(value: object) -> bool:
    """Whether a value is more than anybody reads. Written line by line such a one takes many times its memory."""
    left = _MOST_READ
    waiting: list[Iterator[Any]] = [iter((value,))]
    while waiting and left > 0:
        for one in waiting[-1]:
            left -= _OF_ONE_VALUE + (len(one) if isinstance(one, str) else 0)
            if isinstance(one, (Mapping, list, tuple)):
                waiting.append(iter(one.values() if isinstance(one, Mapping) else one))
                break
            if left <= 0:
                break
        else:
            waiting.pop()
    return left <= 0


def json_form(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """The value as JSON; without indentation what is vast, or nested deeper than Python's own writer goes."""
    if indent is not None and is_vast(value):
        indent = None
    try:
        return json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    except RecursionError:
        return "".join(_pieces(value, ascii_only=ascii_only))


def _pieces(value: Any, *, ascii_only: bool) -> Iterator[str]:
    """The parts of the text, without a call for each level: what is open stands in a list, with its end."""
    begun: list[tuple[Iterator[Any], str]] = [(iter((value,)), "")]
    before = ""
    while begun:
        items, end = begun[-1]
        for item in items:
            yield before
            before = ", "
            if end == "}":
                name, item = item
                yield f"{json.dumps(str(name), ensure_ascii=ascii_only)}: "
            if not isinstance(item, (Mapping, list, tuple)):
                yield json.dumps(item, ensure_ascii=ascii_only)
                continue
            yield "{" if isinstance(item, Mapping) else "["
            begun.append((iter(item.items()), "}") if isinstance(item, Mapping) else (iter(item), "]"))
            before = ""
            break
        else:
            begun.pop()
            yield end
            before = ", "
