"""How many of what, in words."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 job`, `1,204 jobs`, `3 tries`."""
    if number == 1:
        return f"1 {thing}"
    many = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{number:,} {many}"
