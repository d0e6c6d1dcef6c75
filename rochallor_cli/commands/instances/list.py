"""`rochallor instances list`: the newest ones that fit."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    LIMIT,
    All,
    BusinessKey,
    Definition,
    Limit,
    Status,
    note_of_more,
    seconds_from,
    started_since,
    status_from,
)
from rochallor_cli.output.views import INSTANCES

app = typer.Typer()


@command(
    app,
    "list",
    examples=(
        "rochallor instances list --status FAILED --since 2h",
        "rochallor instances list --definition loan-processing-workflow --all -o jsonl",
    ),
)
def list_(
    context: Context,
    status: Status = None,
    definition: Definition = None,
    business_key: BusinessKey = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DURATION", help="Only those started in the last 90s, 2h, 1d."),
    ] = None,
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List instances, newest first.

    Filters are compared exactly, case included, by the engine.
    """
    since_s = seconds_from(since, "--since")
    filters = {
        "definition_id": definition or "",
        "status": status_from(status),
        "business_key": business_key or "",
    }
    # What started lately is limit enough.
    most = limit if everything or since else limit or LIMIT
    rows = context.engine.instances(**filters, limit=None if everything else most)
    if since_s is not None:
        rows = started_since(rows, context.environment.now() - timedelta(seconds=since_s))
    shown = context.printer.rows(INSTANCES, rows)
    if shown == 0:
        context.printer.note("no instances" + (" that fit" if since or any(filters.values()) else ""))
    elif not everything and since is None:
        note_of_more(context, shown, limit, lambda: context.engine.count_instances(**filters))
