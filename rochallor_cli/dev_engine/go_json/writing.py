"""Write JSON and times as the engine does: keys sorted, no blanks, whole numbers without a fraction."""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring
from time import gmtime, strftime

NS_PER_S = 1_000_000_000

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_STORED_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_NESTS = (dict, list)


def write(value: object) -> str:
    """The value as JSON text. Raises ValueError for infinities and NaN."""
    return _ENCODER.encode(value)


def write_stored(value: object) -> str:
    """As `write`, but the keys of every object in the order in which the engine's database keeps them."""
    return _STORED_ENCODER.encode(in_stored_order(value))


def in_stored_order(value: object) -> object:
    """The value with the keys of every object as JSONB has them: shorter first, then by their bytes."""
    if isinstance(value, dict):
        keys = sorted(value, key=stored_rank) if len(value) > 1 else value
        return {
            key: in_stored_order(item) if isinstance(item := value[key], _NESTS) else item for key in keys
        }
    if isinstance(value, list):
        return [in_stored_order(item) if isinstance(item, _NESTS) else item for item in value]
    return value


def stored_rank(key: str) -> tuple[int, bytes]:
    """What a key is sorted by in the engine's database: its length in UTF-8 bytes, then these bytes."""
    return _rank_at_hand(key) if len(key) <= _SHORT_KEY else _rank(key)


def _rank(key: str) -> tuple[int, bytes]:
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded), encoded


# The variables of thousands of instances have the same few names.
_SHORT_KEY = 64
_rank_at_hand = lru_cache(maxsize=4_096)(_rank)


def write_string(text: str) -> str:
    return encode_basestring(text)


# The jobs of one answer are leased from the same moment till the same moment.
@lru_cache(maxsize=64)
def write_time(time_ns: int) -> str:
    """RFC 3339 in UTC with as many digits of the second as are needed."""
    seconds, fraction = divmod(time_ns, NS_PER_S)
    if not fraction:
        return _whole_second(seconds) + "Z"
    return f"{_whole_second(seconds)}.{fraction:09d}".rstrip("0") + "Z"


@lru_cache(maxsize=64)
def _whole_second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
