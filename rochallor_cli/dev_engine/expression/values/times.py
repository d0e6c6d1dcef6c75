"""Points in time, durations and time zones, as Go has them: nanoseconds, any year, a zone each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.values.numbers import LARGEST, SMALLEST
from rochallor_cli.dev_engine.go_text import quoted

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NANOSECOND: Final = 1
MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY_S: Final = 86_400

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class Duration(int):
    """A length of time in nanoseconds."""

    go_type: ClassVar = "time.Duration"

    def __str__(self) -> str:
        return duration_text(int(self))


class Month(int):
    """A month, 1 for January."""

    go_type: ClassVar = "time.Month"

    def __str__(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int):
    """A day of the week, 0 for Sunday."""

    go_type: ClassVar = "time.Weekday"

    def __str__(self) -> str:
        return WEEKDAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


@dataclass(frozen=True, slots=True)
class Location:
    """A time zone: a fixed offset from UTC, or the rules of a named zone."""

    name: str
    offset_s: int = 0
    rules: ZoneInfo | None = None
    go_type: ClassVar = "*time.Location"

    def zone_at(self, unix_s: int) -> tuple[str, int]:
        """Abbreviation and offset in seconds at this time."""
        if self.rules is None:
            return "UTC" if self.name == "Local" else self.name, self.offset_s
        moment = _datetime_near(unix_s).astimezone(self.rules)
        offset = moment.utcoffset() or timedelta()
        return moment.tzname() or self.name, int(offset.total_seconds())

    def __str__(self) -> str:
        return self.name


UTC_LOCATION: Final = Location("UTC")
_FIRST_S: Final = -62_135_596_800 + 2 * DAY_S
_LAST_S: Final = 253_402_300_799 - 2 * DAY_S


def _datetime_near(unix_s: int) -> datetime:
    """The time, or the nearest that a datetime can hold: good enough to ask a zone for its offset."""
    return datetime.fromtimestamp(min(max(unix_s, _FIRST_S), _LAST_S), UTC)


@lru_cache(maxsize=256)
def location_named(name: str) -> Location:
    """A zone of the time zone database; ``""`` and ``UTC`` are UTC. The engine's own zone is UTC."""
    if name in ("", "UTC", "Local"):
        return Location(name or "UTC")
    # Loaded where a zone is named: few expressions do.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        if re.fullmatch(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*", name):
            return Location(name, rules=ZoneInfo(name))
    except (ZoneInfoNotFoundError, OSError, ValueError):
        pass
    raise Fault(f"unknown time zone {name}")


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time, shown in a zone."""

    unix_s: int
    nanos: int = 0
    location: Location = UTC_LOCATION
    go_type: ClassVar = "time.Time"

    @property
    def instant(self) -> tuple[int, int]:
        """The point alone, without its zone."""
        return self.unix_s, self.nanos

    @property
    def zone(self) -> tuple[str, int]:
        """Abbreviation and offset in seconds."""
        return self.location.zone_at(self.unix_s)

    @property
    def local_s(self) -> int:
        """Seconds since 1970 on the clocks of the zone."""
        return self.unix_s + self.zone[1]

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day."""
        return date_of_days(self.local_s // DAY_S)

    @property
    def clock(self) -> tuple[int, int, int]:
        """Hour, minute and second."""
        minutes, second = divmod(self.local_s % DAY_S, 60)
        return *divmod(minutes, 60), second

    @property
    def weekday(self) -> Weekday:
        """The day of the week."""
        return Weekday((self.local_s // DAY_S + 4) % 7)

    @property
    def year_day(self) -> int:
        """The day of the year, 1 for the first of January."""
        return self.local_s // DAY_S - days_of_date(self.date[0], 1, 1) + 1

    def plus(self, duration: int) -> Time:
        """The time a duration later."""
        seconds, nanos = divmod(self.nanos + duration, SECOND)
        return Time(self.unix_s + seconds, nanos, self.location)

    def since(self, other: Time) -> Duration:
        """How much later than another; at most some 292 years either way."""
        nanos = (self.unix_s - other.unix_s) * SECOND + self.nanos - other.nanos
        return Duration(min(max(nanos, SMALLEST), LARGEST))

    def within(self, location: Location) -> Time:
        """The same point shown in another zone."""
        return Time(self.unix_s, self.nanos, location)

    def __str__(self) -> str:
        year, month, day = self.date
        hour, minute, second = self.clock
        name, offset = self.zone
        fraction = f".{self.nanos:09d}".rstrip("0") if self.nanos else ""
        return (
            f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}{fraction} "
            f"{offset_text(offset)} {name or offset_text(offset)}"
        )


def time_of(moment: datetime) -> Time:
    """A datetime (with a zone) as a time in UTC."""
    whole = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return Time(whole.days * DAY_S + whole.seconds, whole.microseconds * MICROSECOND)


def time_in(location: Location, local_s: int, nanos: int) -> Time:
    """The time at which the clocks of a zone show ``local_s``; where they are changed, as Go decides."""
    offset = location.zone_at(local_s)[1]
    offset = location.zone_at(local_s - offset)[1]
    return Time(local_s - offset, nanos, location)


def offset_text(offset_s: int, separator: str = "") -> str:
    """``+0200`` or ``+02:00``"""
    sign = "-" if offset_s < 0 else "+"
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{sign}{hours:02d}{separator}{minutes:02d}"


def days_of_date(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, any year; months past December go on into the next."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, day


# --- durations as text -----------------------------------------------------------------------------

_UNITS: Final = {
    "ns": NANOSECOND, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND,
    "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR,
}  # fmt: skip
_MOST_DIGITS: Final = 18
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")


def duration_of(text: str) -> Duration:
    """``1h30m``, ``90s``, ``-1.5h``; a number needs its unit."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return Duration(0)
    if not rest:
        raise Fault(f"time: invalid duration {quoted(text)}")
    total = 0
    while rest:
        found = _PART.match(rest)
        assert found is not None, "the pattern matches the empty text"
        total += _part_ns(text, found[1], fraction=found[2] or "", unit=found[3])
        rest = rest[found.end() :]
    number = -total if text.startswith("-") else total
    if not SMALLEST <= number <= LARGEST:
        raise Fault(f"time: invalid duration {quoted(text)}")
    return Duration(number)


def _part_ns(whole: str, integer: str, *, fraction: str, unit: str) -> int:
    if not integer and not fraction:
        raise Fault(f"time: invalid duration {quoted(whole)}")
    if not unit:
        raise Fault(f"time: missing unit in duration {quoted(whole)}")
    if unit not in _UNITS:
        raise Fault(f"time: unknown unit {quoted(unit)} in duration {quoted(whole)}")
    scale = _UNITS[unit]
    if len(integer.lstrip("0")) > _MOST_DIGITS:
        raise Fault(f"time: invalid duration {quoted(whole)}")
    digits = fraction[:_MOST_DIGITS]
    rest: int = int(digits or 0) * scale // 10 ** len(digits)
    return int(integer or 0) * scale + rest


def duration_text(nanos: int) -> str:
    """``1h30m0s``, ``1.5s``, ``250ms``, ``0s``"""
    sign, nanos = ("-", -nanos) if nanos < 0 else ("", nanos)
    if nanos == 0:
        return "0s"
    for unit, scale in (("ns", NANOSECOND), ("µs", MICROSECOND), ("ms", MILLISECOND)):
        if nanos < scale * 1000:
            return f"{sign}{_decimal(nanos, scale)}{unit}"
    minutes, seconds = divmod(nanos, MINUTE)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(seconds, SECOND)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _decimal(number: int, scale: int) -> str:
    whole, rest = divmod(number, scale)
    fraction = str(rest).rjust(len(str(scale)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)
