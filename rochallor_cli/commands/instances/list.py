"""`rochallor instances list`: the newest ones that fit."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import ALL_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.filters import Most, say_if_cut, say_nothing_fits, selection, with_filters
from rochallor_cli.commands.inputs import LIMIT, All, Limit, note_of_more
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import INSTANCES

app = typer.Typer()


@command(
    app,
    "list",
    examples=(
        "rochallor instances list --status FAILED --since 2h",
        "rochallor instances list --step import --older-than 1h",
        "rochallor instances list --definition loan-processing-workflow --all -o jsonl",
        "rochallor instances list --status FAILED --watch",
    ),
    exclusive=(ALL_EXCLUSIVE, ("--watch", "--all")),
    walks=True,
    ends_unread=True,
)
@with_filters()
def list_(
    context: Context,
    *,
    filters: Filters,
    limit: Limit = None,
    everything: All = False,
    most: Most = MOST_READ,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show them again whenever they change, until Ctrl-C.")
    ] = False,
) -> int:
    """List instances, newest first.

    The engine compares status, definition and business key exactly, case included. The other options are compared
    here, page by page; exit status 10 where there are more than --most to read.
    """
    # What started lately is limit enough.
    bounded = not everything and (limit is not None or filters.since is None)
    number = (limit or LIMIT) if bounded else None
    view = INSTANCES.without_first(filters.fixed_fields)
    if watch:
        from rochallor_cli.instances.list_watch import watch_list

        watch_list(
            context.printer,
            view,
            lambda: list(selection(context, filters, most).instances(limit=number or LIMIT)),
        )
    selected = selection(context, filters, most)
    found = selected.instances(limit=number)
    if number is not None and not filters.is_counted_by_engine and context.printer.for_people:
        # One more than is shown tells whether there is more, where the engine cannot be asked.
        found = iter(list(selected.instances(limit=number + 1)))
    shown = context.printer.rows(view, islice(found, number))
    if shown == 0:
        if filters:
            say_nothing_fits(context, filters)
        else:
            context.printer.note("no instances")
    elif filters.is_counted_by_engine and bounded:
        note_of_more(
            context, shown, limit=limit, count=lambda: context.engine.count_instances(**filters.by_engine)
        )
    elif next(found, None) is not None:
        context.printer.note(f"the first {shown:,}; --limit or --all shows more")
    return ExitStatus.WAIT_RAN_OUT if say_if_cut(context, selected) else ExitStatus.DONE
