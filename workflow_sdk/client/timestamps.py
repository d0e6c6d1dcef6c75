"""Instants as the engine writes them: RFC 3339, any offset, up to nine digits of a second."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_PATTERN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):?(\d\d))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ns(text: str) -> int:
    """Nanoseconds since 1970 (UTC). A text that is no such instant is a ValueError."""
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        whole = whole - offset if sign == "+" else whole + offset
    seconds = (whole - _EPOCH) // timedelta(seconds=1)
    return seconds * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one engine time to another; ValueError as for `instant_ns`."""
    return (instant_ns(later) - instant_ns(earlier)) / 1e9
