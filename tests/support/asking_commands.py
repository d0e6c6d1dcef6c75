"""A command line for each command that asks an engine and ends."""

from __future__ import annotations

from support.command_table import commands

# What each command is given; a name in capitals is the id of the instance that stands so.
LINES: dict[str, tuple[str, ...]] = {
    "api": ("GET", "/v1/instances"),
    "defs upload": ("flow.json",),
    "defs get": ("all",),
    "defs list": (),
    "defs versions": ("all",),
    "defs diff": ("flow.json",),
    "defs graph": ("--instance", "FAILED"),
    "defs verify": ("all", "--var", "way=hold", "--max-states", "300"),
    "doctor": (),
    "instances start": ("all", "--var", "way=hold"),
    "instances get": ("HELD",),
    "instances explain": ("HELD",),
    "instances count": ("--by", "step"),
    "instances audit": (),
    "instances list": (),
    "instances history": ("FAILED",),
    "instances wait": ("DONE", "--timeout", "50ms"),
    "instances watch": ("DONE", "--timeout", "50ms"),
    "instances signal": ("HELD", "hold"),
    "instances restart": ("FAILED", "--yes"),
    "instances retry": ("FAILED", "--step", "work"),
    "instances cancel": ("HELD", "--yes"),
    "jobs complete": ("J", "--yes"),
    "jobs fail": ("J", "--yes"),
    "tasks list": (),
    "tasks complete": ("ASKED", "ask", "--by", "me"),
}
# Groups whose commands ask an engine and end; of these, commands that have no line are given nothing.
ASKING = ("defs ", "instances ", "tasks ", "jobs ")
# They ask no engine, or need a broker.
APART = ("defs lint", "defs table", "defs schema", "jobs find")
PATHS = sorted({*LINES, *(path for path in commands() if path.startswith(ASKING) and path not in APART)})
