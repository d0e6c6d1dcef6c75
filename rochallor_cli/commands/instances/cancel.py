"""`rochallor instances cancel`: named ones, or all that fit."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.acting import Filters, Verb, act
from rochallor_cli.commands.inputs import BusinessKey, Definition, Ids, Status, Yes, status_from
from rochallor_cli.engine_client.admin_client import ENDED, OPEN, Value
from rochallor_cli.errors import CliError, ConflictError

app = typer.Typer()


@command(
    app,
    "cancel",
    examples=(
        "rochallor instances cancel 01JD8Q3VZ6M0T2H8X4K7N5RWZK --reason 'customer withdrew'",
        "rochallor instances cancel --definition loan --status WAITING --dry-run",
        "rochallor instances list --since 2h -o name | rochallor instances cancel - --yes",
    ),
)
def cancel(
    context: Context,
    instances: Ids = None,
    status: Status = None,
    definition: Definition = None,
    business_key: BusinessKey = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept as the failure reason.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which it would be, cancel nothing.")
    ] = False,
    yes: Yes = False,
) -> int:
    """Cancel instances, named or chosen by options.

    Those to choose from are collected first and must be confirmed; a row says what came of each, with one instance
    as with many. Jobs of a cancelled instance stay offered to workers, and move nothing.
    """
    filters = Filters(status_from(status), definition or "", business_key or "")
    engine = context.engine
    _, exit_status = act(
        context,
        Verb("cancel", "cancelled", OPEN, _refusal),
        lambda instance_id: engine.cancel(instance_id, reason or ""),
        named=instances or (),
        filters=filters,
        dry_run=dry_run,
        yes=yes,
    )
    return exit_status


def _refusal(instance: Value) -> CliError | None:
    status = instance.get("status")
    return ConflictError(f"it is {status} already") if status in ENDED else None
