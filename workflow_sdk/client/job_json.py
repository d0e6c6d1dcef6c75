"""What a job holds that came as JSON, and which names of it can be sent back."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import quote

# Reading one of so many takes about a second.
MOST_DIGITS = 1_000_000
# Servers take lines of some 8,000 characters; an engine's ids have 26.
LONGEST_NAME = 2_000


def value_from_json(text: str | bytes) -> Any:
    """The value. Python refuses whole numbers of more than 4,300 digits by itself; ValueError, RecursionError."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=_whole_number)


def unfit_name(name: str) -> str:
    """Why no URL can carry this name, in words; empty if one can. JSON may hold half of a surrogate pair."""
    try:
        length = len(quote(name, safe=""))
    except UnicodeEncodeError:
        return "is no text that UTF-8 can carry"
    return f"has {length} characters, more than a URL can carry" if length > LONGEST_NAME else ""


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    if digits.startswith("-"):
        return -_whole_number(digits[1:])
    if len(digits) <= sys.int_info.str_digits_check_threshold:
        return int(digits)
    # In halves, since the time for the whole at once grows with the square of its length.
    low = digits[len(digits) // 2 :]
    scale: int = 10 ** len(low)
    return _whole_number(digits[: len(digits) // 2]) * scale + _whole_number(low)
