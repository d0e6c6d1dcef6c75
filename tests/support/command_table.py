"""Every command with its options, from the command line's own declarations: what tests are generated from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import typer.main

from rochallor_cli.app import build
from rochallor_cli.command_line.global_options import GLOBAL_OPTIONS

# What each command needs besides the option in question; of commands that are not here, nothing.
NEEDED: dict[str, tuple[str, ...]] = {
    "api": ("GET", "/healthz"),
    "defs upload": ("-",),
    "defs get": ("one",),
    "defs versions": ("one",),
    "defs diff": ("-",),
    "defs lint": ("-",),
    "defs graph": ("one",),
    "instances start": ("one",),
    "instances get": ("I",),
    "instances history": ("I",),
    "instances explain": ("I",),
    "instances wait": ("I",),
    "instances watch": ("I",),
    "instances signal": ("I", "w"),
    "tasks complete": ("I", "a"),
    "handlers run": ("t", "-m", "handlers.py"),
    "completion": ("bash",),
    "defs new": ("one", "--steps", "a"),
    "defs table": ("flow.yaml", "a"),
    "defs verify": ("-",),
    "expr": ("a",),
    "run": ("-",),
    "jobs find": ("I",),
    "jobs complete": ("J",),
    "jobs fail": ("J",),
    "config set": ("c", "url=http://c"),
    "config use": ("c",),
}


@cache
def commands() -> dict[str, Any]:
    """Typer's own object of every command that does something, by its words."""
    return dict(_walk(typer.main.get_command(build((None, None), for_terminal=False, everything=True)), ""))


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        yield from _walk(one, f"{path} {name}".strip())


def valued_options(path: str) -> list[str]:
    """The options of its own that take a value, each by its long name."""
    return [
        next(name for name in param.opts if name.startswith("--"))
        for param in commands()[path].params
        if param.param_type_name == "option"
        and param.name not in GLOBAL_OPTIONS
        and not (param.is_flag or param.count)
    ]


def global_valued_options() -> list[str]:
    params = commands()["instances list"].params
    return [
        next(name for name in param.opts if name.startswith("--"))
        for param in params
        if param.name in GLOBAL_OPTIONS and not (param.is_flag or param.count)
    ]


def arguments(path: str) -> list[str]:
    return [str(param.name) for param in commands()[path].params if param.param_type_name == "argument"]
