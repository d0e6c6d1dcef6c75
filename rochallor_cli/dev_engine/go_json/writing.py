"""Write JSON and times as the engine does: keys sorted, no blanks, whole numbers without a fraction."""

from __future__ import annotations

import json
from functools import lru_cache
from time import gmtime, strftime

NS_PER_S = 1_000_000_000

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_STRING_ENCODER = json.JSONEncoder(ensure_ascii=False)


def write(value: object) -> str:
    """The value as JSON text. Raises ValueError for infinities and NaN."""
    return _ENCODER.encode(value)


def write_string(text: str) -> str:
    return _STRING_ENCODER.encode(text)


def write_time(time_ns: int) -> str:
    """RFC 3339 in UTC with as many digits of the second as are needed."""
    seconds, fraction = divmod(time_ns, NS_PER_S)
    if not fraction:
        return _whole_second(seconds) + "Z"
    return f"{_whole_second(seconds)}.{fraction:09d}".rstrip("0") + "Z"


@lru_cache(maxsize=64)
def _whole_second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
