"""JSON to show, of values as deep as an engine's may be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def json_form(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """The value as JSON. What is nested deeper than Python's own writer goes is written without indentation."""
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
