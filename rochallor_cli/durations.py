"""Durations as people write and read them: `250ms`, `90s`, `5m`, `1h30m`; a bare number is seconds."""

from __future__ import annotations

import re

_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h|d)"


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError with a sentence that says what is accepted."""
    compact = text.strip().lower().replace(" ", "")
    try:
        seconds = float(compact)
    except ValueError:
        seconds = _sum_of_parts(compact, text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"{text!r} is no duration: write seconds, or 250ms, 90s, 5m, 1h30m")
    return seconds


def _sum_of_parts(compact: str, text: str) -> float:
    if not compact or re.sub(_PART, "", compact):
        raise ValueError(f"{text!r} is no duration: write seconds, or 250ms, 90s, 5m, 1h30m")
    return sum(float(number) * _UNIT_S[unit] for number, unit in re.findall(_PART, compact))


def duration_text(seconds: float) -> str:
    """Two units at most: `12 ms`, `4.2 s`, `1m 12s`, `3h 5m`, `2d 4h`."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for unit_s, unit, lesser_s, lesser in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= unit_s:
            rest = whole % unit_s // lesser_s
            return f"{whole // unit_s}{unit} {rest}{lesser}" if rest else f"{whole // unit_s}{unit}"
    raise AssertionError("seconds below a minute were answered above")


def age_text(seconds: float) -> str:
    """One unit, for tables: `now`, `40 s ago`, `2 h ago`, `in 5 min` for times to come."""
    size = abs(seconds)
    if size < 1:
        return "now"
    for unit_s, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if size >= unit_s:
            amount = f"{int(size // unit_s)} {unit}"
            return f"{amount} ago" if seconds > 0 else f"in {amount}"
    raise AssertionError("sizes below a second were answered above")


def short_duration(seconds: float) -> str:
    """As one would type it: `0.5s`, `25s`, `10m`."""
    for unit_s, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{seconds // unit_s:.0f}{unit}"
    return f"{seconds:g}s"
