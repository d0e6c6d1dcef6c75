"""`rochallor tasks list`: the open ones."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import ALL_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.filters import Most, say_if_cut, say_nothing_fits, selection, with_filters
from rochallor_cli.commands.inputs import LIMIT, All, Limit
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import TASKS

app = typer.Typer()


@command(
    app,
    "list",
    examples=(
        "rochallor tasks list --by-age",
        "rochallor tasks list --definition loan -o name",
        "rochallor tasks list --step approve --older-than 1d",
    ),
    exclusive=(ALL_EXCLUSIVE,),
    walks=True,
    ends_unread=True,
)
@with_filters("status", "reason")
def list_(
    context: Context,
    *,
    filters: Filters,
    by_age: Annotated[
        bool, typer.Option("--by-age", help="Show the tasks that are open longest first.")
    ] = False,
    limit: Limit = None,
    everything: All = False,
    most: Most = MOST_READ,
) -> int:
    """List open user tasks.

    The engine has no list of tasks: these are the open USER_TASK steps of WAITING instances, read one by one. Options
    choose among the instances; --older-than means how long the task has been open.
    """
    from rochallor_cli.instances.open_tasks import open_tasks
    from rochallor_cli.output.progress import working

    number = limit or LIMIT
    older_than_s = filters.older_than_s
    before = context.environment.now() - timedelta(seconds=older_than_s) if older_than_s else None
    selected = selection(context, filters._replace(status="WAITING", older_than_s=None), most)
    found = open_tasks(context.engine, selected.instances(), step=filters.step, open_before=before)
    if by_age or context.printer.for_people:
        with working(context.environment, "reading instances", quiet=context.settings.quiet):
            rows = list(found) if by_age or everything else list(islice(found, number + 1))
        if by_age:
            rows.sort(key=lambda row: str(row["openSince"]))
        found = iter(rows)
    shown = context.printer.rows(TASKS, found if everything else islice(found, number))
    if shown == 0:
        say_nothing_fits(context, filters, "no user task is open")
    elif (limit is None or context.printer.for_people) and next(found, None) is not None:
        context.printer.note(f"the first {shown}; --limit or --all shows more")
    return ExitStatus.WAIT_RAN_OUT if say_if_cut(context, selected) else ExitStatus.DONE
