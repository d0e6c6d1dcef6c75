"""Times as text and back, by Go's layouts: ``Mon Jan 2 15:04:05 MST 2006`` written as the text is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.values.times import (
    DAY_S,
    MONTHS,
    UTC_LOCATION,
    WEEKDAYS,
    Location,
    Time,
    days_of_date,
    offset_text,
    time_in,
)
from rochallor_cli.dev_engine.go_text import quoted

RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"
DEFAULT_LAYOUTS: Final = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    RFC3339,
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)
"""What ``date(text)`` tries, in this order."""

# Compiled where a layout is read: few expressions have one.
_ELEMENT: Final = (
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm"
    r"|[-Z]07:00:00|[-Z]070000|[-Z]07:00|[-Z]0700|[-Z]07|[.,](?:0+|9+)(?![0-9])"
)
_LONGEST_LAYOUT: Final = 1_000


@lru_cache(maxsize=64)
def _elements(layout: str) -> tuple[tuple[str, str], ...]:
    """The layout as pairs of literal text and the element behind it (empty at the end)."""
    if len(layout) > _LONGEST_LAYOUT:
        raise Fault(f"the layout of a time is longer than {_LONGEST_LAYOUT} characters")
    pairs, at = [], 0
    for found in re.finditer(_ELEMENT, layout):
        pairs.append((layout[at : found.start()], found[0]))
        at = found.end()
    return (*pairs, (layout[at:], ""))


# --- writing ---------------------------------------------------------------------------------------

_WRITERS: Final[dict[str, Callable[[Time], str]]] = {
    "January": lambda time: MONTHS[time.date[1] - 1],
    "Jan": lambda time: MONTHS[time.date[1] - 1][:3],
    "1": lambda time: str(time.date[1]),
    "01": lambda time: f"{time.date[1]:02d}",
    "Monday": lambda time: WEEKDAYS[time.weekday],
    "Mon": lambda time: WEEKDAYS[time.weekday][:3],
    "2": lambda time: str(time.date[2]),
    "_2": lambda time: f"{time.date[2]:2d}",
    "02": lambda time: f"{time.date[2]:02d}",
    "__2": lambda time: f"{time.year_day:3d}",
    "002": lambda time: f"{time.year_day:03d}",
    "15": lambda time: f"{time.clock[0]:02d}",
    "3": lambda time: str((time.clock[0] - 1) % 12 + 1),
    "03": lambda time: f"{(time.clock[0] - 1) % 12 + 1:02d}",
    "4": lambda time: str(time.clock[1]),
    "04": lambda time: f"{time.clock[1]:02d}",
    "5": lambda time: str(time.clock[2]),
    "05": lambda time: f"{time.clock[2]:02d}",
    "2006": lambda time: f"{time.date[0]:04d}",
    "06": lambda time: f"{time.date[0] % 100:02d}",
    "PM": lambda time: "PM" if time.clock[0] >= 12 else "AM",
    "pm": lambda time: "pm" if time.clock[0] >= 12 else "am",
    "MST": lambda time: time.zone[0] or offset_text(time.zone[1]),
}


def format_time(time: Time, layout: str) -> str:
    """The time as the layout shows it."""
    return "".join(text + _written(time, element) for text, element in _elements(layout))


def _written(time: Time, element: str) -> str:
    if not element:
        return ""
    if element[0] in ".,":
        digits = f"{time.nanos:09d}"[: len(element) - 1].ljust(len(element) - 1, "0")
        if element[1] == "9":
            digits = digits.rstrip("0")
        return element[0] + digits if digits else ""
    if element[0] in "Z-":
        return _written_offset(time.zone[1], element)
    return _WRITERS[element](time)


def _written_offset(offset_s: int, element: str) -> str:
    if element[0] == "Z" and offset_s == 0:
        return "Z"
    separator = ":" if ":" in element else ""
    text = offset_text(offset_s, separator)
    if element[1:] == "07":
        return text[:3]
    if element.count("0") > 3 and len(element.replace(":", "")) == 7:
        text += f"{separator}{abs(offset_s) % 60:02d}"
    return text


# --- reading ---------------------------------------------------------------------------------------

_OFFSETS: Final = {
    "07": r"[+-]\d\d",
    "0700": r"[+-]\d{4}",
    "07:00": r"[+-]\d\d:\d\d",
    "070000": r"[+-]\d{6}",
    "07:00:00": r"[+-]\d\d:\d\d:\d\d",
}
# A second may be followed by a fraction that the layout does not mention.
_FRACTION: Final = r"(?:[.,]\d+)?"
_READERS: Final = {
    "January": "|".join(MONTHS),
    "Jan": "|".join(month[:3] for month in MONTHS),
    "Monday": "|".join(WEEKDAYS),
    "Mon": "|".join(day[:3] for day in WEEKDAYS),
    "1": r"\d\d?", "01": r"\d\d", "2": r"\d\d?", "_2": r" ?\d\d?", "02": r"\d\d", "__2": r"[ \d]{2}\d",
    "002": r"\d{3}", "15": r"\d\d?", "3": r"\d\d?", "03": r"\d\d", "4": r"\d\d?", "04": r"\d\d",
    "5": rf"\d\d?{_FRACTION}", "05": rf"\d\d{_FRACTION}", "2006": r"\d{4}", "06": r"\d\d",
    "PM": "AM|PM", "pm": "am|pm", "MST": r"[A-Z]{3,5}(?:[+-]\d\d?)?|[+-]\d\d(?:\d\d)?",
}  # fmt: skip


_NAMES: Final = ("January", "Jan", "Monday", "Mon")


@dataclass(slots=True)
class _Fields:
    """What a text said."""

    year: int = 0
    month: int = 1
    day: int = 1
    year_day: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanos: int = 0
    afternoon: bool | None = None
    offset_s: int | None = None
    zone: str = field(default="")


def parse_time(text: str, layout: str, location: Location | None = None) -> Time:
    """The time that a text shows, read by a layout; in UTC (or the location) unless it names a zone."""
    fields, rest = _Fields(), text
    for literal, element in _elements(layout):
        behind = _behind_literal(rest, literal)
        if behind is None:
            raise _unreadable(text, layout, rest=rest, expected=literal)
        rest = behind
        if element:
            found = _element_pattern(element).match(rest)
            if not found:
                raise _unreadable(text, layout, rest=rest, expected=element)
            _take(fields, element, found[0])
            rest = rest[found.end() :]
    if rest:
        raise Fault(f"parsing time {quoted(text)}: extra text: {quoted(rest)}")
    _check_ranges(fields, text)
    return _time_of(fields, location)


def _unreadable(text: str, layout: str, *, rest: str, expected: str) -> Fault:
    reason = f"cannot parse {quoted(rest)} as {quoted(expected)}"
    return Fault(f"parsing time {quoted(text)} as {quoted(layout)}: {reason}")


def _behind_literal(text: str, literal: str) -> str | None:
    """What follows the literal part of a layout; a blank in it stands for any number of them."""
    for character in literal:
        if character == " " and text[:1] in (" ", ""):
            text = text.lstrip(" ")
        elif text.startswith(character):
            text = text[1:]
        else:
            return None
    return text


@lru_cache(maxsize=64)
def _element_pattern(element: str) -> re.Pattern[str]:
    if element[0] in ".,":
        pattern = rf"[.,]\d{{{len(element) - 1}}}" if element[1] == "0" else _FRACTION
    elif element[0] in "Z-":
        pattern = _OFFSETS[element[1:]] + ("|Z" if element[0] == "Z" else "")
    else:
        pattern = _READERS[element]
    return re.compile(pattern, re.ASCII | re.IGNORECASE if element in _NAMES else re.ASCII)


_NUMBER_FIELDS: Final = {
    "1": "month", "01": "month", "2": "day", "_2": "day", "02": "day", "__2": "year_day", "002": "year_day",
    "15": "hour", "3": "hour", "03": "hour", "4": "minute", "04": "minute", "2006": "year",
}  # fmt: skip


def _take(fields: _Fields, element: str, part: str) -> None:
    if element in _NUMBER_FIELDS:
        setattr(fields, _NUMBER_FIELDS[element], int(part))
    elif element == "06":
        fields.year = int(part) + (1900 if int(part) >= 69 else 2000)
    elif element in ("5", "05"):
        whole, _, fraction = part.replace(",", ".").partition(".")
        fields.second = int(whole)
        fields.nanos = _nanos(fraction) or fields.nanos
    elif element in ("January", "Jan"):
        fields.month = 1 + [month[:3].lower() for month in MONTHS].index(part[:3].lower())
    elif element in ("PM", "pm"):
        fields.afternoon = part.lower() == "pm"
    elif element == "MST":
        fields.zone = part
    elif element[0] in ".,":
        fields.nanos = _nanos(part[1:])
    elif element[0] in "Z-":
        fields.offset_s = _offset(part)


def _nanos(digits: str) -> int:
    return int(digits[:9].ljust(9, "0")) if digits else 0


def _offset(part: str) -> int:
    if part in "Zz":
        return 0
    digits = part[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3_600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return -seconds if part[0] == "-" else seconds


def _check_ranges(fields: _Fields, text: str) -> None:
    year, month = fields.year, fields.month
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = (
        29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[(month - 1) % 12]
    )
    ranges = (
        ("month", 1 <= month <= 12),
        ("day", 1 <= fields.day <= longest),
        ("hour", fields.hour < 24 and (fields.afternoon is None or fields.hour <= 12)),
        ("minute", fields.minute < 60),
        ("second", fields.second < 60),
        ("day-of-year", fields.year_day <= 365 + leap),
    )
    for name, good in ranges:
        if not good:
            raise Fault(f"parsing time {quoted(text)}: {name} out of range")


def _time_of(fields: _Fields, location: Location | None) -> Time:
    hour = fields.hour
    if fields.afternoon is not None:
        hour = hour % 12 + 12 * fields.afternoon
    days = days_of_date(fields.year, fields.month, fields.day)
    if fields.year_day:
        days = days_of_date(fields.year, 1, 1) + fields.year_day - 1
    local_s = days * DAY_S + hour * 3_600 + fields.minute * 60 + fields.second
    if fields.offset_s is not None:
        zone = Location(fields.zone, fields.offset_s) if fields.offset_s else UTC_LOCATION
        return Time(local_s - fields.offset_s, fields.nanos, zone)
    if fields.zone and not fields.zone.startswith("UTC"):
        return _in_named_zone(fields, local_s, location)
    return time_in(UTC_LOCATION if fields.zone or not location else location, local_s, fields.nanos)


def _in_named_zone(fields: _Fields, local_s: int, location: Location | None) -> Time:
    """An abbreviation means something only in a zone that knows it; otherwise it is kept as a name for UTC."""
    if location:
        name, offset_s = location.zone_at(local_s)
        if name == fields.zone:
            return Time(local_s - offset_s, fields.nanos, location)
    hours = fields.zone.removeprefix("GMT")
    offset_s = int(hours) * 3_600 if hours != fields.zone and hours else 0
    return Time(local_s - offset_s, fields.nanos, Location(fields.zone, offset_s))
