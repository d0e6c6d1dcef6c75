"""`rochallor instances audit`: what live instances wait for, and which stand still."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.commands.filters import say_nothing_fits, selection, with_filters
from rochallor_cli.commands.serving_options import ServingOptions
from rochallor_cli.counting import count_text
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.errors import CliError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.given import BROKER_SETTINGS
from rochallor_cli.instances.selection import Filters
from rochallor_cli.output.views import AUDIT

if TYPE_CHECKING:
    from rochallor_cli.explanation.audit import Audit
    from rochallor_cli.explanation.facts import HistoryOf

app = typer.Typer()


@command(
    app,
    "audit",
    examples=(
        "rochallor instances audit",
        "rochallor instances audit --definition loan-processing-workflow --since 1d -o json",
    ),
    walks=True,
)
@with_filters("status", "reason")
@with_settings(BROKER_SETTINGS)
def audit(
    context: Context,
    filters: Filters,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, metavar="N", help="Look at so many instances at most, newest first."
        ),
    ] = None,
    **flags: Any,
) -> int:
    """Group live instances by what they wait for and why they stand still, the worst first.

    Each is explained as `instances explain` does, by GETs alone: a page of 200 at a time, and each one's history.
    Who serves a job type is known where --brokers or a workers.yaml is named. Exit status 7 if nothing can move some
    of them.
    """
    from rochallor_cli.explanation.audit_text import audit_lines

    serving = ServingOptions(context, flags)
    context = serving.context
    found = _audited(context, filters, limit)
    if not found.looked_at and filters:
        say_nothing_fits(context, filters)
    rows = found.rows(serving.of(found.job_types))
    if context.printer.for_readers:
        for line in audit_lines(context.printer, rows):
            context.printer.styled(line)
    else:
        context.printer.rows(AUDIT, rows)
    context.printer.note(
        f"{count_text(found.looked_at, 'live instance')}, {found.stuck:,} that nothing can move"
    )
    return ExitStatus.CONFLICT if found.stuck else ExitStatus.DONE


def _audited(context: Context, filters: Filters, limit: int | None) -> Audit:
    from rochallor_cli.explanation.audit import Audit
    from rochallor_cli.explanation.explaining import all_confirmed
    from rochallor_cli.explanation.facts import FactsReader
    from rochallor_cli.output.progress import working

    version, now = context.engine_version(only_get=True), context.environment.now
    found = Audit()
    with (
        _histories(context) as history_of,
        working(context.environment, "looking at instances", quiet=context.settings.quiet) as progress,
    ):
        live = selection(context, filters, sys.maxsize).instances(*OPEN)
        newest = (one for one in islice(live, limit) if _is_readable(context, one))
        reader = FactsReader(context.engine, history_of)
        for instance, found_one in all_confirmed(reader, newest, version.possible, now=now):
            if isinstance(found_one, CliError):
                context.printer.warn(f"{instance['id']}: {found_one.message}")
                continue
            found.take(found_one, str(instance["definitionId"]))
            progress.text = f"{found.looked_at:,} instances looked at, {found.stuck:,} stuck"
    return found


def _histories(context: Context) -> AbstractContextManager[HistoryOf | None]:
    """The quicker way to ask for thousands of them, unless requests are to be shown."""
    from rochallor_cli.engine_client.many_histories import many_histories

    return nullcontext() if context.settings.verbosity else many_histories(context.client().connection)


def _is_readable(context: Context, instance: Value) -> bool:
    """Whether a row of the engine's list has an id; what has none is said."""
    if isinstance(instance.get("id"), str):
        return True
    context.printer.warn(f"a row of the engine's list cannot be read: {instance}"[:200])
    return False
