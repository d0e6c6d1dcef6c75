"""Typer's panels for help on a terminal, coloured as settings and environment have it."""

from __future__ import annotations

from rochallor_cli.lean_imports import import_panels


def load_panels(*, colored: bool) -> None:
    """Import Typer's drawing."""
    panels = import_panels()
    # Read once, from an environment that knows neither --color nor FORCE_COLOR=0.
    panels.FORCE_TERMINAL = True if colored else None
    panels.COLOR_SYSTEM = "auto" if colored else None
