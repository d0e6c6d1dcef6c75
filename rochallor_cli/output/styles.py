"""Colours. Nothing depends on them alone: states are words, marks differ in shape."""

from __future__ import annotations

_CODES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "accent": "36"}

_STATES = {
    "ACTIVE": "accent",
    "RUNNING": "accent",
    "WAITING": "yellow",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELLED": "dim",
}


def paint(text: str, style: str, *, colored: bool) -> str:
    """The text in a style, or as it is where there are no colours."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if colored and style and text else text


def state_style(state: str) -> str:
    """The style of an instance's or a step execution's state; "" for unknown ones."""
    return _STATES.get(state.upper(), "")


def rich_style(style: str) -> str:
    """The same style by the name that rich knows it by."""
    return "cyan" if style == "accent" else style
