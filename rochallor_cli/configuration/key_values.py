"""`key=value`, as options and environment variables hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rochallor_cli.errors import UsageError


def pairs(items: Iterable[str], origin: str) -> dict[str, str]:
    """`key=value` items by key; UsageError names the origin and never shows what may be a secret."""
    return dict(_pair(item, origin) for item in items)


def _pair(item: str, origin: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals or not key.strip():
        shown = re.sub(r"[^\w.-].*", "", item, flags=re.DOTALL)
        raise UsageError(f"{origin}: expected key=value, found {shown!r}{'…' if shown != item else ''}")
    return key.strip(), value.strip()
