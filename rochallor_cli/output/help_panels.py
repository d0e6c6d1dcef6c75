"""Typer's panels for help on a terminal, without the half of rich that they never use."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

# Typer imports these for help written in Markdown and for pretty tracebacks; nobody here wants either.
_UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def load_panels(*, colored: bool) -> None:
    """Import Typer's drawing with stand-ins for what is not used, and take the stand-ins away again."""
    stand_ins = {name: ModuleType(name) for name in _UNUSED if name not in sys.modules}
    for name, module in stand_ins.items():
        setattr(module, _UNUSED[name], None)
    sys.modules.update(stand_ins)
    try:
        panels: Any = import_module("typer.rich_utils")
    finally:
        for name in stand_ins:
            del sys.modules[name]
    # Read once, from an environment that knows neither --color nor FORCE_COLOR=0.
    panels.FORCE_TERMINAL = True if colored else None
    panels.COLOR_SYSTEM = "auto" if colored else None
