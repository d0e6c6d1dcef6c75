"""`rochallor instances history`: the steps one went through."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    Instance,
)
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.output.views import EXECUTIONS

app = typer.Typer()

_VIEWS = ("table", "timeline", "tree")


@command(
    app,
    "history",
    examples=(
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK --view timeline",
    ),
)
def history(
    context: Context,
    instance: Instance,
    view: Annotated[
        str, typer.Option("--view", metavar="table|timeline|tree", help="The form of the history.")
    ] = "table",
) -> None:
    """Show the steps an instance went through.

    The engine keeps no trace of job retries, nor of who held a job.
    """
    if view not in _VIEWS:
        raise UsageError(f"--view {view!r} is none of {', '.join(_VIEWS)}", hint=did_you_mean(view, _VIEWS))
    executions = context.engine.history(instance)
    printer = context.printer
    if view == "table" or not printer.for_people:
        printer.rows(EXECUTIONS, executions)
        return
    from rochallor_cli.instances.history import timeline, tree

    found = context.engine.instance(instance)
    if view == "timeline":
        lines = timeline(printer, found, executions)
    else:
        from rochallor_cli.engine_client.reading import definition_of

        lines = tree(printer, found, executions, context.engine.definition(*definition_of(found)))
    for line in lines:
        printer.styled(line)
