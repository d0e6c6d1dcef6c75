"""`rochallor instances cancel`: named ones, or all that fit."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    BusinessKey,
    Definition,
    Status,
    Yes,
    status_from,
)
from rochallor_cli.counting import count_text
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.errors import Interrupted, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.views import CANCELLATIONS, INSTANCE, INSTANCES

app = typer.Typer()


@command(
    app,
    "cancel",
    examples=(
        "rochallor instances cancel 01JD8Q3VZ6M0T2H8X4K7N5RWZK --reason 'customer withdrew'",
        "rochallor instances cancel --definition loan --status WAITING --dry-run",
        "rochallor instances cancel --business-key APP-2024-001 --yes",
    ),
)
def cancel(
    context: Context,
    instances: Annotated[list[str] | None, typer.Argument(help="Their ids; or choose by options.")] = None,
    status: Status = None,
    definition: Definition = None,
    business_key: BusinessKey = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; kept as the failure reason.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which it would be, cancel nothing.")
    ] = False,
    yes: Yes = False,
) -> int:
    """Cancel instances, named or chosen by options.

    Those to choose from are collected first and must be confirmed; a line says what came of each. Jobs of a
    cancelled instance stay offered to workers, and move nothing.
    """
    filters = (status, definition, business_key)
    if bool(instances) == any(filters):
        raise UsageError("name instances, or choose them with --status, --definition or --business-key")
    if instances:
        chosen = {one: context.engine.instance(one) if dry_run else {} for one in instances}
    else:
        chosen = _chosen(
            context, status=status_from(status), definition=definition or "", business_key=business_key or ""
        )
    if dry_run:
        context.printer.rows(INSTANCES, chosen.values())
        context.printer.note(f"dry run: {count_text(len(chosen), 'instance')} would be cancelled")
        return ExitStatus.DONE
    if not chosen:
        context.printer.note("no instances that fit")
        return ExitStatus.DONE
    if not instances or context.settings.protected:
        context.confirm(f"Cancel {count_text(len(chosen), 'instance')} on {context.settings.where}?", yes=yes)
    return _cancel(context, list(chosen), reason)


def _chosen(context: Context, *, status: str, definition: str, business_key: str) -> dict[str, Value]:
    """Those that fit by id, all of them before any is cancelled: pages shift while instances change their status."""
    from rochallor_cli.output.progress import working

    if status and status not in OPEN:
        raise UsageError(f"--status {status}: only {' and '.join(OPEN)} instances can be cancelled")
    found: dict[str, Value] = {}
    with working(context.environment, "collecting instances", quiet=context.settings.quiet):
        for one in [status] if status else OPEN:
            for instance in context.engine.instances(
                definition_id=definition, status=one, business_key=business_key
            ):
                found[str(instance["id"])] = instance
    return found


def _cancel(context: Context, instance_ids: list[str], reason: str) -> int:
    from rochallor_cli.engine_client.meaning import meaning
    from rochallor_cli.instances.cancelling import BulkCancellation, worst
    from rochallor_cli.output.progress import working

    settings = context.settings
    if len(instance_ids) == 1:
        context.printer.value(INSTANCE, context.engine.cancel(instance_ids[0], reason))
        return ExitStatus.DONE
    bulk = BulkCancellation(context.engine, reason, translate=lambda error: meaning(error, settings))
    total = len(instance_ids)
    try:
        with working(context.environment, "cancelling", total=total, quiet=settings.quiet) as progress:
            for _ in bulk.run(instance_ids):
                progress.done += 1
    except KeyboardInterrupt:
        bulk.stop()
        raise Interrupted(f"{len(bulk.rows):,} of {count_text(total, 'instance')} dealt with") from None
    finally:
        order = {instance_id: place for place, instance_id in enumerate(instance_ids)}
        rows = sorted(bulk.rows, key=lambda row: order[row["id"]])
        context.printer.rows(CANCELLATIONS, rows)
    return worst(rows)
