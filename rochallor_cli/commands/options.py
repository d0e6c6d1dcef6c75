"""`rochallor options`: what every command takes, named in one place instead of in each help."""

from __future__ import annotations

from typing import get_args

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import GLOBAL_OPTIONS, command
from rochallor_cli.configuration.settings import variable
from rochallor_cli.output.columns import Column, Row, View

app = typer.Typer()

_VIEW = View(
    columns=(
        Column("OPTION", "option"),
        Column("MEANING", "meaning", wraps=True, least=20),
        Column("VARIABLE", "variable", rank=1),
    ),
    name="option",
)


@command(app, "options", examples=("rochallor options", "rochallor instances list -o json --no-headers"))
def options(context: Context) -> None:
    """List the options that every command takes.

    They may stand before and after the command. A variable says the same for all commands; what is given on
    the command line wins.
    """
    context.printer.rows(_VIEW, [_row(name) for name in GLOBAL_OPTIONS])


def _row(name: str) -> Row:
    _type, info = get_args(GLOBAL_OPTIONS[name][0])
    spelled = ", ".join(sorted((str(info.default), *info.param_decls), key=len))
    value = (info.metavar or "").strip()
    return {"option": f"{spelled} {value}".strip(), "meaning": info.help, "variable": variable(name)}
