"""How many of what, in words."""

from __future__ import annotations


def count_text(number: int, thing: str) -> str:
    """`1 instance`, `1,204 instances`, `3 processes`."""
    if number == 1:
        return f"1 {thing}"
    return f"{number:,} {thing}{'es' if thing.endswith('s') else 's'}"
