"""`rochallor instances get`: one instance."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    Instance,
)
from rochallor_cli.output.views import INSTANCE

app = typer.Typer()


@command(
    app,
    "get",
    examples=(
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o json --fields status,variables.creditScore",
    ),
)
def get(context: Context, instance: Instance) -> None:
    """Show one instance: status, step, variables, reason of failure."""
    context.printer.value(INSTANCE, context.engine.instance(instance))
