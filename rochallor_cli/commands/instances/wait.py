"""`rochallor instances wait`: until they have ended."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.chosen_instances import ids_from, require_one_way
from rochallor_cli.commands.filters import (
    MOST_EXCLUSIVE,
    Most,
    say_if_cut,
    say_nothing_fits,
    selection,
    with_filters,
)
from rochallor_cli.commands.followed_instance import judge_for
from rochallor_cli.commands.inputs import Ids, Timeout, seconds_from
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.following import Waiting, status_of_outcome
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import INSTANCES

app = typer.Typer()


@command(
    app,
    "wait",
    examples=(
        "rochallor instances wait 01JD8Q3VZ6M0T2H8X4K7N5RWZK --timeout 5m",
        "rochallor instances list --definition loan -o name | rochallor instances wait -",
        "rochallor instances wait --definition loan --since 10m --timeout 5m",
    ),
    exclusive=(MOST_EXCLUSIVE,),
    walks=True,
)
@with_filters("reason")
def wait(
    context: Context,
    *,
    filters: Filters,
    instances: Ids = None,
    most: Most = MOST_READ,
    timeout: Timeout = None,
) -> int:
    """Wait until all these instances have ended.

    Options choose those that are live now. An unknown id is said at once; an engine that is away for a while is asked
    again. Exit status 0 if all are COMPLETED, 9 if one is FAILED or CANCELLED, 10 if the time ran out.
    """
    from rochallor_cli.output.progress import working

    named = instances or []
    require_one_way("wait", named, filters)
    wanted: list[Value] = [{"id": one} for one in ids_from(named, context.environment.stdin)]
    was_cut = False
    if not named:
        selected = selection(context, filters, most)
        statuses = [filters.status] if filters.status else OPEN
        wanted = list(selected.instances(*statuses))
        was_cut = say_if_cut(context, selected)
        if wanted:
            context.printer.note(f"waiting for {len(wanted):,}")
        else:
            say_nothing_fits(context, filters)
    quiet = context.settings.quiet
    waiting = Waiting(context.engine, context.printer, seconds_from(timeout, "--timeout"), judge_for(context))
    try:
        with working(context.environment, "waiting", total=len(wanted), quiet=quiet) as progress:
            waiting.until_ended(wanted, progress=progress)
    finally:
        # Those that have ended are said also when the time ran out for the others.
        context.printer.rows(
            INSTANCES, [waiting.ended[one["id"]] for one in wanted if one["id"] in waiting.ended]
        )
    statuses_of_ends = [int(status_of_outcome(one)) for one in waiting.ended.values()]
    return max(statuses_of_ends, default=0) or (ExitStatus.WAIT_RAN_OUT if was_cut else ExitStatus.DONE)
