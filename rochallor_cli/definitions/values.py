"""Values of definitions, two of them compared and one shown: neither takes a type for another."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rochallor_cli.documents.json_text import load_json


def alike(one: object, other: object) -> bool:
    """Whether JSON has one for the other: 1 is 1.0 and not true, which Python has it for."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


def value_text(value: object) -> str:
    """A text as it is, but in quotes where it would read as another value: "5", "true", ""; JSON for all else."""
    if isinstance(value, str) and not _reads_as_another(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_another(text: str) -> bool:
    if not text.strip():
        return True
    try:
        load_json(text)
    except (ValueError, RecursionError):
        return False
    return True
