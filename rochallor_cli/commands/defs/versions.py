"""`rochallor defs versions`: one definition's versions, and what each changed."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import ALL_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import LIMIT, All, Limit
from rochallor_cli.definitions.versions import version_rows
from rochallor_cli.engine_client.reading import version_of
from rochallor_cli.output.views import VERSIONS

app = typer.Typer()


@command(
    app,
    "versions",
    examples=("rochallor defs versions loan-processing-workflow",),
    exclusive=(ALL_EXCLUSIVE,),
    walks=True,
    ends_unread=True,
)
def versions(
    context: Context,
    *,
    definition: Annotated[str, typer.Argument(help="Its id.")],
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List the versions of a definition, the latest first, and what each changed."""
    newest = version_of(context.engine.definition(definition))
    oldest = 1 if everything else max(newest - (limit or LIMIT) + 1, 1)
    context.printer.rows(VERSIONS, version_rows(context.engine, definition, newest=newest, oldest=oldest))
    if oldest > 1:
        context.printer.note(f"versions {oldest} to {newest}; --all shows the older ones")
