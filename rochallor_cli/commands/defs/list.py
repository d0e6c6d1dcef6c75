"""`rochallor defs list`: the latest version of each."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import ALL_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import LIMIT, All, Limit, note_of_more
from rochallor_cli.output.views import DEFINITIONS

app = typer.Typer()


@command(
    app,
    "list",
    examples=("rochallor defs list", "rochallor defs list loan -o name"),
    exclusive=(ALL_EXCLUSIVE,),
    walks=True,
    ends_unread=True,
)
def list_(
    context: Context,
    *,
    keyword: Annotated[
        str | None,
        typer.Argument(help="Only those whose id or name holds it."),
    ] = None,
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List definitions, the latest version of each."""
    rows = context.engine.definitions(keyword or "", limit=None if everything else limit or LIMIT)
    shown = context.printer.rows(DEFINITIONS, rows)
    if shown == 0:
        context.printer.note("no definitions" + (f" with {keyword!r}" if keyword else ""))
    elif not everything:
        note_of_more(
            context, shown, limit=limit, count=lambda: context.engine.count_definitions(keyword or "")
        )
