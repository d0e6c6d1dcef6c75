"""Times of the engine: RFC 3339 with up to nanoseconds and any offset, shown relative or in ISO form."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from rochallor_cli.durations import age_text

_FRACTION = re.compile(r"\.(\d+)")


def parse_time(text: object) -> datetime | None:
    """The moment in UTC, to the microsecond; None for what is no time."""
    if not isinstance(text, str) or not text:
        return None
    microseconds = _FRACTION.sub(lambda match: f".{match[1][:6]:0<6}", text, count=1)
    try:
        moment = datetime.fromisoformat(microseconds)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        # Within a day of the first or the last year.
        return None


def seconds_between(start: object, end: object) -> float | None:
    """Seconds from one of the engine's times to another; None unless both are there."""
    first, last = parse_time(start), parse_time(end)
    return None if first is None or last is None else (last - first).total_seconds()


class Times(NamedTuple):
    """How times are shown: `2 h ago`, or `2026-05-03T13:08:33Z`."""

    relative: bool
    now: datetime

    def text(self, raw: object) -> str:
        moment = parse_time(raw)
        if moment is None:
            return "" if raw is None else str(raw)
        if self.relative:
            return age_text((self.now - moment).total_seconds())
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
