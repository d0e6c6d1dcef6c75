"""`rochallor instances`: start, follow, inspect and cancel instances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command, group
from rochallor_cli.commands.inputs import (
    LIMIT,
    All,
    Limit,
    Text,
    Var,
    Vars,
    Yes,
    definition_and_version,
    note_of_more,
    seconds_from,
    started_since,
    status_from,
    variables_from,
)
from rochallor_cli.counting import count_text
from rochallor_cli.engine_client.admin_client import OPEN, Value, standing_text
from rochallor_cli.errors import Interrupted, UsageError, did_you_mean
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.following import follow_instance, status_of_outcome, wait_for
from rochallor_cli.output.views import CANCELLATIONS, EXECUTIONS, INSTANCE, INSTANCES

_VIEWS = ("table", "timeline", "tree")

app = group("Start, follow, inspect and cancel instances.")

Instance = Annotated[str, typer.Argument(help="The instance's id.")]
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
    definition: Annotated[str, typer.Argument(help="Its id, or ID@VERSION.")],
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
    values = variables_from(context, var=var, text=text, whole=variables)
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

    with (
        _going_on(str(instance["id"])),
        working(context.environment, f"waiting for {instance['id']}", quiet=printer.settings.quiet),
    ):
        ended = wait_for(context.engine, str(instance["id"]), printer, timeout_s=timeout_s)
    printer.value(INSTANCE, ended)
    return status_of_outcome(ended)


@contextmanager
def _going_on(instance_id: str) -> Iterator[None]:
    """Whoever stops waiting is told that the instance does not stop with it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"the instance goes on; rochallor instances watch {instance_id}") from None


def _followed(context: Context, instance_id: str, timeout_s: float | None) -> int:
    printer = context.printer
    with _going_on(instance_id):
        ending = follow_instance(context.engine, instance_id, printer, timeout_s=timeout_s)
    if printer.for_people:
        printer.line(ending.text)
    elif printer.settings.output != "jsonl":
        printer.value(INSTANCE, ending.instance)
    return ending.status


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


@command(
    app,
    "history",
    examples=(
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK --view timeline",
    ),
)
def history(
    context: Context,
    instance: Instance,
    view: Annotated[
        str, typer.Option("--view", metavar="table|timeline|tree", help="How to show it.")
    ] = "table",
) -> None:
    """Show the steps an instance went through.

    The engine keeps no trace of job retries, nor of who held a job.
    """
    if view not in _VIEWS:
        raise UsageError(f"--view {view!r} is none of {', '.join(_VIEWS)}", hint=did_you_mean(view, _VIEWS))
    executions = context.engine.history(instance)
    printer = context.printer
    if view == "table" or not printer.for_people:
        printer.rows(EXECUTIONS, executions)
        return
    from rochallor_cli.instances.history import timeline, tree

    found = context.engine.instance(instance)
    if view == "timeline":
        lines = timeline(printer, found, executions)
    else:
        version = int(found["definitionVersion"])
        lines = tree(
            printer, found, executions, context.engine.definition(str(found["definitionId"]), version)
        )
    for line in lines:
        printer.line(line)


@command(
    app,
    "wait",
    examples=("rochallor instances wait 01JD8Q3VZ6M0T2H8X4K7N5RWZK --timeout 5m",),
)
def wait(
    context: Context,
    instances: Annotated[list[str], typer.Argument(help="Their ids.")],
    timeout: Timeout = None,
) -> int:
    """Wait until all these instances have ended.

    Exit status 0 if all are COMPLETED, 9 if one is FAILED or CANCELLED, 10 if the time ran out.
    """
    from rochallor_cli.output.progress import working

    timeout_s = seconds_from(timeout, "--timeout")
    environment = context.environment
    began = environment.monotonic()
    ended: list[Value] = []
    wanted = list(dict.fromkeys(instances))
    quiet = context.settings.quiet
    try:
        with working(environment, "waiting", total=len(wanted), quiet=quiet) as progress:
            for instance_id in wanted:
                progress.text = f"waiting for {instance_id}"
                ended.append(
                    wait_for(context.engine, instance_id, context.printer, timeout_s=timeout_s, began=began)
                )
                progress.done += 1
    finally:
        # Those that have ended are said also when the time ran out for the others.
        context.printer.rows(INSTANCES, ended)
    return max(status_of_outcome(instance) for instance in ended)


@command(
    app,
    "watch",
    examples=(
        "rochallor instances watch 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances watch 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o jsonl | jq .stepId",
    ),
)
def watch(context: Context, instance: Instance, timeout: Timeout = None) -> int:
    """Follow an instance until it has ended: a live panel on a terminal, one line an event on a pipe.

    It goes on through restarts of the engine. Exit status 0 if COMPLETED, 9 if FAILED or CANCELLED.
    """
    return _followed(context, instance, seconds_from(timeout, "--timeout"))


@command(
    app,
    "signal",
    examples=("rochallor instances signal 01JD8Q3VZ6M0T2H8X4K7N5RWZK wait-for-payment --var paid=true",),
)
def signal(
    context: Context,
    instance: Instance,
    step: Annotated[str, typer.Argument(help="The WAIT step's id.")],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
) -> None:
    """Let a WAIT step go on, merging variables into its instance."""
    values = variables_from(context, var=var, text=text, whole=variables)
    context.engine.signal(instance, step, values)
    after = context.engine.instance(instance)
    if context.printer.for_people:
        context.printer.line(f"signalled {step}; the instance is {standing_text(after)}")
    else:
        context.printer.value(INSTANCE, after)


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
