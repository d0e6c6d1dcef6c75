"""`rochallor tasks list`: the open ones."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import LIMIT, All, Limit
from rochallor_cli.output.views import TASKS

app = typer.Typer()


@command(
    app,
    "list",
    examples=("rochallor tasks list --by-age", "rochallor tasks list --definition loan -o name"),
)
def list_(
    context: Context,
    definition: Annotated[
        str | None, typer.Option("--definition", metavar="ID", help="Only tasks of this definition.")
    ] = None,
    business_key: Annotated[
        str | None, typer.Option("--business-key", metavar="KEY", help="Only tasks with this business key.")
    ] = None,
    by_age: Annotated[
        bool, typer.Option("--by-age", help="Show the tasks that are open longest first.")
    ] = False,
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List open user tasks.

    The engine has no list of tasks: these are the open USER_TASK steps of WAITING instances, read one by one.
    """
    from rochallor_cli.instances.open_tasks import open_tasks
    from rochallor_cli.output.progress import working

    most = limit or LIMIT
    found = open_tasks(context.engine, definition_id=definition or "", business_key=business_key or "")
    if by_age or context.printer.for_people:
        with working(context.environment, "reading instances", quiet=context.settings.quiet):
            rows = list(found) if by_age or everything else list(islice(found, most + 1))
        if by_age:
            rows.sort(key=lambda row: str(row["openSince"]))
        found = iter(rows)
    shown = context.printer.rows(TASKS, found if everything else islice(found, most))
    if shown == 0:
        context.printer.note("no user task is open")
    elif (limit is None or context.printer.for_people) and next(found, None) is not None:
        context.printer.note(f"the first {shown}; --limit or --all shows more")
