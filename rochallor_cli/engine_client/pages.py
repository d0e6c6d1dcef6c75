"""The engine's pages as one stream of rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from rochallor_cli.engine_client.reading import listed, owned

PAGE = 200
# How many ids a stream of pages remembers: instances started meanwhile push known ones onto the next page.
_REMEMBERED = 5 * PAGE

Value = dict[str, Any]


def pages_of(page_of: Callable[[int, int], Value], limit: int | None, *, name: str) -> Iterator[Value]:
    """The items of all pages, at most `limit`, without those that moved from one page to the next meanwhile."""
    size = PAGE if limit is None else max(min(limit, PAGE), 1)
    recent: deque[str] = deque(maxlen=_REMEMBERED)
    yielded, page = 0, 0
    while limit is None or yielded < limit:
        items = owned(listed(page_of(page, size).get("items")), name)
        known = set(recent)
        for item in map(_row, items):
            key = str(item.get(name, item))
            if key in known:
                continue
            if limit is not None and yielded >= limit:
                return
            recent.append(key)
            yielded += 1
            yield item
        if len(items) < size:
            return
        page += 1


def _row(item: object) -> Value:
    """An item of a list as a row; what is none stands in one, so that it does not cost the others."""
    return item if isinstance(item, dict) else {"unreadable": item}
