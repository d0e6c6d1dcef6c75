"""`rochallor instances start`: start one, and wait for its end if asked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.following import followed, going_on
from rochallor_cli.commands.inputs import (
    Text,
    Timeout,
    Var,
    Vars,
    definition_and_version,
    seconds_from,
    variables_from,
)
from rochallor_cli.engine_client.admin_client import Value, standing_text
from rochallor_cli.errors import UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.following import status_of_outcome, wait_for
from rochallor_cli.instances.if_absent import refuse_old_engine, start_if_absent
from rochallor_cli.output.views import INSTANCE

app = typer.Typer()


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
    if_absent: Annotated[
        bool,
        typer.Option(
            "--if-absent", help="Where a live instance has this business key already, take that one instead."
        ),
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="As --wait, and show each step.")] = False,
    timeout: Timeout = None,
) -> int:
    """Start an instance of a definition.

    A business key belongs to one live instance of a definition, on engines from 1.0.1 on: a second start is a conflict
    that names the first, or with --if-absent gives that one back. Without --wait or --follow the command ends as soon
    as the engine has taken the instance.
    """
    timeout_s = seconds_from(timeout, "--timeout")
    if timeout_s is not None and not (wait or follow):
        raise UsageError("--timeout needs something to wait for", hint="add --wait or --follow")
    definition_id, version = definition_and_version(definition)
    values = variables_from(context, var=var, text=text, whole=variables)
    engine = context.engine
    if if_absent and business_key is None:
        raise UsageError("--if-absent goes by the business key", hint="give one with --business-key")

    def begin() -> Value:
        return engine.start(definition_id, values, version=version, business_key=business_key)

    started = _if_absent(context, definition_id, business_key or "", begin) if if_absent else begin()
    if not (wait or follow):
        context.printer.value(INSTANCE, started)
        return ExitStatus.DONE
    return _until_ended(context, started, follow=follow, timeout_s=timeout_s)


def _if_absent(context: Context, definition_id: str, key: str, begin: Callable[[], Value]) -> Value:
    """The live instance with this key, or a new one; an earlier one that has ended is named."""
    engine = context.engine
    refuse_old_engine(context.engine_version(), context.settings.where)
    instance, is_new = start_if_absent(engine, definition_id, key, start=begin)
    if not is_new:
        context.printer.note(f"{instance['id']} has this business key and is {standing_text(instance)}")
        return instance
    earlier = engine.instances(definition_id=definition_id, business_key=key, limit=2)
    for ended in (one for one in earlier if one.get("id") != instance["id"]):
        context.printer.note(f"an earlier one with this key, {ended['id']}, is {standing_text(ended)}")
    return instance


def _until_ended(context: Context, instance: Value, *, follow: bool, timeout_s: float | None) -> int:
    """Wait for the end, shown or not. The engine's answer to a start never holds end and reason: always read again."""
    printer = context.printer
    if printer.for_people:
        printer.note(f"started {instance['id']}  {instance['definitionId']} v{instance['definitionVersion']}")
    if follow:
        return followed(context, str(instance["id"]), timeout_s)
    from rochallor_cli.output.progress import working

    with (
        going_on(str(instance["id"])),
        working(context.environment, f"waiting for {instance['id']}", quiet=printer.settings.quiet),
    ):
        ended = wait_for(context.engine, str(instance["id"]), printer, timeout_s=timeout_s)
    printer.value(INSTANCE, ended)
    return status_of_outcome(ended)
