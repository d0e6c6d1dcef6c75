"""`rochallor instances signal`: let a WAIT step go on."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    InstanceId,
    Text,
    Var,
    Vars,
    Yes,
    variables_from,
)
from rochallor_cli.engine_client.admin_client import standing_text
from rochallor_cli.output.views import INSTANCE

app = typer.Typer()


@command(
    app,
    "signal",
    examples=("rochallor instances signal 01JD8Q3VZ6M0T2H8X4K7N5RWZK wait-for-payment --var paid=true",),
    view=INSTANCE,
)
def signal(
    context: Context,
    *,
    instance: InstanceId,
    step: Annotated[str, typer.Argument(help="The WAIT step's id.")],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    yes: Yes = False,
) -> None:
    """Let a WAIT step go on, merging variables into its instance."""
    values = variables_from(context, var=var, text=text, whole=variables)
    context.confirm_if_protected(f"Signal {step} of {instance} on {context.settings.where}?", yes=yes)
    context.engine.signal(instance, step, values)
    after = context.engine.instance(instance)
    if context.printer.for_readers:
        context.printer.line(f"signalled {step}; the instance is {standing_text(after)}")
    else:
        context.printer.value(INSTANCE, after)
