"""How many of what, in words."""

from __future__ import annotations


def count_text(number: int, thing: str) -> str:
    """`1 instance`, `1,204 instances`, `3 processes`, `2 tries`."""
    if number == 1:
        return f"1 {thing}"
    if thing.endswith("y"):
        return f"{number:,} {thing[:-1]}ies"
    return f"{number:,} {thing}{'es' if thing.endswith('s') else 's'}"
