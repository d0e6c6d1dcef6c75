"""How the engine reads the duration of a timer: by its parts, and what it cannot read is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rochallor_cli.dev_engine.go_text import quoted
from rochallor_cli.dev_engine.versions import EngineRules

_NS_PER_UNIT = {"H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000}
_NS_PER_LONG_UNIT = {"D": 24 * _NS_PER_UNIT["H"], **_NS_PER_UNIT}
_PART = re.compile(r"T|(?P<number>[0-9.]+)(?P<unit>.?)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")

_TWO_TO_63 = 2**63


class DurationError(Exception):
    """The engine cannot read it; the text is the engine's."""


def duration_ns(text: str, rules: EngineRules) -> int:
    """The nanoseconds of a duration such as ``PT1H30M``.

    Other units and numbers without one are skipped. Days count from version 1.0.0 on; before, ``P1DT2H`` is two
    hours. A sign is skipped by version 0 and ends the reading later. Raises DurationError for what holds no time.
    """
    if len(text) < 3 or not text.startswith("P"):
        raise DurationError(f"invalid ISO-8601 duration: {quoted(text)}")
    parts = _parts_ns(text) if rules.long_durations else _short_parts_ns(text)
    total_ns = _wrapped(sum(map(_as_int64, parts)))
    if total_ns <= 0:
        raise DurationError(f"invalid or zero ISO-8601 duration: {quoted(text)}")
    return total_ns


def _as_int64(number: float) -> int:
    """As Go converts on the processors that engines run on: what 64 bits cannot hold is the least number there is."""
    return int(number) if abs(number) < _TWO_TO_63 else -_TWO_TO_63


def _wrapped(number: int) -> int:
    return (number + _TWO_TO_63) % (2 * _TWO_TO_63) - _TWO_TO_63


def _parts_ns(text: str) -> Iterator[float]:
    """The numbers with their units, up to the first letter that begins no number."""
    at = 1
    while part := _PART.match(text, at):
        at = part.end()
        number = _NUMBER.match(part["number"] or "")
        if number:
            yield float(number[0]) * _NS_PER_LONG_UNIT.get(part["unit"], 0)


def _short_parts_ns(text: str) -> list[float]:
    parts: list[float] = []
    digits = ""
    for letter in text[1:]:
        if letter in "0123456789.":
            digits += letter
            continue
        if letter in _NS_PER_UNIT:
            found = _NUMBER.match(digits)
            parts.append(float(found[0]) * _NS_PER_UNIT[letter] if found else 0)
        digits = ""
    return parts
