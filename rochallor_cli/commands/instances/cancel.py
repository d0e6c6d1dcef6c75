"""`rochallor instances cancel`: named ones, or all that fit."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.chosen_instances import Verb, act
from rochallor_cli.commands.filters import MOST_EXCLUSIVE, Most, with_filters
from rochallor_cli.commands.inputs import Ids, Yes
from rochallor_cli.engine_client.admin_client import ENDED, OPEN, Value
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import ACTIONS

app = typer.Typer()


@command(
    app,
    "cancel",
    examples=(
        "rochallor instances cancel 01JD8Q3VZ6M0T2H8X4K7N5RWZK --reason 'customer withdrew'",
        "rochallor instances cancel --definition loan --status WAITING --dry-run",
        "rochallor instances cancel --definition imports --step import --older-than 1d --dry-run",
        "rochallor instances list --since 2h -o name | rochallor instances cancel - --yes",
    ),
    view=ACTIONS,
    exclusive=(MOST_EXCLUSIVE,),
    walks=True,
)
@with_filters()
def cancel(
    context: Context,
    *,
    filters: Filters,
    instances: Ids = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="TEXT",
            help="Why the instance is cancelled; kept as its failure reason.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which instances it would be; cancel nothing.")
    ] = False,
    most: Most = MOST_READ,
    yes: Yes = False,
) -> int:
    """Cancel instances, named or chosen by options.

    Those to choose from are collected first and must be confirmed; a row says what came of each, with one instance
    as with many. Jobs of a cancelled instance stay offered to workers, and move nothing.
    """
    engine = context.engine
    _, exit_status = act(
        context,
        Verb("cancel", "cancelled", OPEN, _refusal, conflict="already ended"),
        lambda instance_id: engine.cancel(instance_id, reason or ""),
        named=instances or (),
        filters=filters,
        most=most,
        dry_run=dry_run,
        yes=yes,
    )
    return exit_status


def _refusal(instance: Value) -> CliError | None:
    status = instance.get("status")
    return ConflictError(f"it is {status} already") if status in ENDED else None
