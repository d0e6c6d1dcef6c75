"""Values as text, the way Go's ``%v`` prints them: what ``string(x)`` answers."""

from __future__ import annotations

from rochallor_cli.dev_engine.expression.values.values import Function, plain_key
from rochallor_cli.dev_engine.go_text import float_text


def value_text(value: object) -> str:
    """``5``, ``[1 2]``, ``map[a:1]``, ``<nil>``"""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, list | bytes):
        return f"[{' '.join(value_text(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: _rank(plain_key(pair[0])))
        shown = (f"{value_text(plain_key(key))}:{value_text(item)}" for key, item in pairs)
        return f"map[{' '.join(shown)}]"
    if isinstance(value, Function):
        return "0x0"  # an address in Go, different each time
    return str(value)


def _rank(key: object) -> tuple[int, object]:
    """Keys sort by type first, then by value."""
    if key is None:
        return 0, 0
    if isinstance(key, bool):
        return 3, key
    if isinstance(key, int):
        return 1, key
    if isinstance(key, float):
        return 2, key
    return 4, str(key)
