"""How many of what, in words."""

from __future__ import annotations


def count_text(number: int, thing: str) -> str:
    """`1 job`, `1,204 jobs`, `3 tries`, `2 processes`."""
    if number == 1:
        return f"1 {thing}"
    if thing.endswith("y"):
        return f"{number:,} {thing[:-1]}ies"
    return f"{number:,} {thing}{'es' if thing.endswith('s') else 's'}"
