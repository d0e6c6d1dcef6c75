"""`rochallor instances`: start, follow, inspect and cancel instances."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.commands.inputs import (
    All,
    Limit,
    Text,
    Var,
    Vars,
    Yes,
    definition_and_version,
    seconds_from,
    status_from,
    variables_from,
)
from rochallor_cli.context import Context
from rochallor_cli.engine import Value
from rochallor_cli.errors import UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.follow import follow_instance, outcome_text, status_of_outcome, wait_for
from rochallor_cli.global_options import command, group
from rochallor_cli.output.views import EXECUTIONS, INSTANCE, INSTANCES

app = group("Start, follow, inspect and cancel instances.")

Instance = Annotated[str, typer.Argument(help="The instance's id.", show_default=False)]
Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="DURATION", help="How long to wait: 90s, 5m; for ever if left out."),
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status", metavar="STATUS", help="Only these: ACTIVE, WAITING, COMPLETED, FAILED, CANCELLED."
    ),
]
Definition = Annotated[
    str | None, typer.Option("--definition", metavar="ID", help="Only instances of this definition.")
]
BusinessKey = Annotated[
    str | None, typer.Option("--business-key", metavar="KEY", help="Only instances with this business key.")
]


@command(
    app,
    "start",
    examples=(
        "rochallor instances start loan-processing-workflow --var applicantId=A-001 --follow",
        "rochallor instances start loan@3 --vars @application.json --business-key APP-2024-001",
        "id=$(rochallor instances start loan --text code=007 -o name)",
    ),
)
def start(
    context: Context,
    definition: Annotated[str, typer.Argument(help="Its id, or ID@VERSION.", show_default=False)],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    business_key: Annotated[
        str | None, typer.Option("--business-key", metavar="KEY", help="Your own key for it.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it has ended; exit status 9 unless COMPLETED.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="As --wait, and show each step.")] = False,
    timeout: Timeout = None,
) -> int:
    """Start an instance of a definition.

    Without --wait or --follow the command ends as soon as the engine has taken the instance.
    """
    timeout_s = seconds_from(timeout, "--timeout")
    if timeout_s is not None and not (wait or follow):
        raise UsageError("--timeout needs something to wait for", hint="add --wait or --follow")
    definition_id, version = definition_and_version(definition)
    values = variables_from(context, var, text, variables)
    started = context.engine.start(definition_id, values, version=version, business_key=business_key or None)
    if not (wait or follow):
        context.printer.value(INSTANCE, started)
        return ExitStatus.DONE
    return _until_ended(context, started, follow=follow, timeout_s=timeout_s)


def _until_ended(context: Context, instance: Value, *, follow: bool, timeout_s: float | None) -> int:
    """Wait for the end, shown or not. The engine's answer to a start never holds end and reason: always read again."""
    printer = context.printer
    if printer.for_people:
        printer.note(f"started {instance['id']}  {instance['definitionId']} v{instance['definitionVersion']}")
    if follow:
        return _followed(context, str(instance["id"]), timeout_s)
    from rochallor_cli.output.progress import working

    with working(context.environment, f"waiting for {instance['id']}", quiet=printer.settings.quiet):
        ended = wait_for(context.engine, str(instance["id"]), context.environment, timeout_s=timeout_s)
    printer.value(INSTANCE, ended)
    return status_of_outcome(ended)


def _followed(context: Context, instance_id: str, timeout_s: float | None) -> int:
    printer = context.printer
    ended = follow_instance(context.engine, instance_id, printer, timeout_s=timeout_s)
    if printer.for_people:
        printer.line(f"{outcome_text(ended)}")
    elif printer.settings.output != "jsonl":
        printer.value(INSTANCE, ended)
    return status_of_outcome(ended)


@command(
    app,
    "get",
    examples=(
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o json --fields status,variables.creditScore",
    ),
)
def get(context: Context, instance: Instance) -> None:
    """Show one instance: status, step, variables, reason of failure."""
    context.printer.value(INSTANCE, context.engine.instance(instance))


@command(
    app,
    "list",
    examples=(
        "rochallor instances list --status FAILED --limit 20",
        "rochallor instances list --definition loan-processing-workflow --all -o jsonl",
    ),
)
def list_(
    context: Context,
    status: Status = None,
    definition: Definition = None,
    business_key: BusinessKey = None,
    limit: Limit = 50,
    everything: All = False,
) -> None:
    """List instances, newest first.

    Filters are compared exactly, case included, by the engine.
    """
    filters = {
        "definition_id": definition or "",
        "status": status_from(status),
        "business_key": business_key or "",
    }
    rows = context.engine.instances(**filters, limit=None if everything else limit)
    shown = context.printer.rows(INSTANCES, rows)
    if shown == 0:
        context.printer.note("no instances" + (" that fit" if any(filters.values()) else ""))
    elif not everything and shown == limit:
        total = context.engine.count_instances(**filters)
        if total > shown:
            context.printer.note(f"{shown:,} of {total:,}; --limit or --all shows more")


@command(
    app,
    "cancel",
    examples=("rochallor instances cancel 01JD8Q3VZ6M0T2H8X4K7N5RWZK --reason 'customer withdrew'",),
)
def cancel(
    context: Context,
    instances: Annotated[list[str] | None, typer.Argument(help="Ids.", show_default=False)] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; kept as the failure reason.")
    ] = "",
    yes: Yes = False,
) -> None:
    """Cancel instances."""
    context.printer.rows(INSTANCES, [context.engine.cancel(one, reason) for one in instances or []])


@command(
    app,
    "history",
    examples=("rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK",),
)
def history(context: Context, instance: Instance) -> None:
    """Show the steps an instance went through."""
    context.printer.rows(EXECUTIONS, context.engine.history(instance))
