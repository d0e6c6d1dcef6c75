"""`rochallor instances start`: start one, and wait for its end if asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.followed_instance import followed, going_on, judge_for
from rochallor_cli.commands.inputs import (
    DefinitionId,
    Text,
    Timeout,
    Var,
    Vars,
    Yes,
    definition_and_version,
    seconds_from,
    variables_from,
)
from rochallor_cli.engine_client.admin_client import Value, standing_text
from rochallor_cli.errors import CliError, UsageError, WaitRanOutError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.following import Waiting, status_of_outcome
from rochallor_cli.instances.if_absent import (
    FEATURE,
    KeyIsNotUniqueError,
    doubt,
    refuse_old_engine,
    require_unique,
    start_if_absent,
)
from rochallor_cli.output.views import INSTANCE
from workflow_sdk.errors import WorkflowSDKError

app = typer.Typer()


@command(
    app,
    "start",
    examples=(
        "rochallor instances start loan-processing-workflow --var applicantId=A-001 --follow",
        "rochallor instances start loan@3 --vars @application.json --business-key APP-2024-001",
        "id=$(rochallor instances start loan --text code=007 -o name)",
    ),
    view=INSTANCE,
    walks=True,
    ends_unread=True,
)
def start(
    context: Context,
    *,
    definition: DefinitionId,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    business_key: Annotated[
        str | None, typer.Option("--business-key", metavar="KEY", help="Your own key for the instance.")
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait until the instance has ended; exit status 9 unless COMPLETED."),
    ] = False,
    if_absent: Annotated[
        bool,
        typer.Option(
            "--if-absent", help="Where a live instance has the business key already, take that one instead."
        ),
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait as with --wait, and show each step.")
    ] = False,
    timeout: Timeout = None,
    yes: Yes = False,
    cancel_on_timeout: Annotated[
        bool, typer.Option("--cancel-on-timeout", help="Cancel it where --timeout ran out.")
    ] = False,
) -> int:
    """Start an instance of a definition.

    A business key belongs to one live instance of a definition, on engines from 1.0.1 on: a second start is a conflict
    that names the first, or with --if-absent gives that one back. Without --wait or --follow the command ends as soon
    as the engine has taken the instance. The id is printed as soon as there is one. Exit status 9 if it is FAILED.
    """
    timeout_s = seconds_from(timeout, "--timeout")
    if timeout_s is not None and not (wait or follow):
        raise UsageError("--timeout needs something to wait for", hint="add --wait or --follow")
    if cancel_on_timeout and timeout_s is None:
        raise UsageError("--cancel-on-timeout needs a --timeout")
    definition_id, version = definition_and_version(definition)
    values = variables_from(context, var=var, text=text, whole=variables)
    engine = context.engine
    if if_absent and business_key is None:
        raise UsageError("--if-absent goes by the business key", hint="give one with --business-key")

    context.confirm_if_protected(f"Start {definition} on {context.settings.where}?", yes=yes)

    def begin() -> Value:
        return engine.start(definition_id, values, version=version, business_key=business_key)

    started = (
        _if_absent(context, definition_id, key=business_key or "", begin=begin) if if_absent else begin()
    )
    if not (wait or follow):
        return _taken(context, started)
    how = _Wait(follow=follow, timeout_s=timeout_s, cancels=cancel_on_timeout)
    return _until_ended(context, started, how)


def _taken(context: Context, started: Value) -> int:
    """Print what the engine has answered; the answer to a start never holds end and reason, so those are read."""
    failed = started.get("status") in ("FAILED", "CANCELLED")
    context.printer.value(INSTANCE, context.engine.instance(str(started["id"])) if failed else started)
    return ExitStatus.FAILED if failed else ExitStatus.DONE


def _if_absent(context: Context, definition_id: str, *, key: str, begin: Callable[[], Value]) -> Value:
    """The live instance with this key, or a new one; an earlier one that has ended is named."""
    engine, version = context.engine, context.engine_version()
    refuse_old_engine(version, context.settings.where)
    doubtful = doubt(version, context.settings.where)
    if doubtful:
        context.printer.note(doubtful)
    instance, is_new = start_if_absent(engine, definition_id, business_key=key, start=begin)
    if not is_new:
        context.printer.note(f"{instance['id']} has this business key and is {standing_text(instance)}")
        return instance
    try:
        # Whatever the version is taken for: what the engine has done counts.
        require_unique(engine, instance, key)
    except KeyIsNotUniqueError:
        context.engine_lacks(FEATURE)
        raise
    earlier = engine.instances(definition_id=definition_id, business_key=key, limit=2)
    for ended in (one for one in earlier if one.get("id") != instance["id"]):
        context.printer.note(f"an earlier one with this key, {ended['id']}, is {standing_text(ended)}")
    return instance


@dataclass(frozen=True)
class _Wait:
    """How the end is waited for: shown or not, for how long, and whether it is cancelled then."""

    follow: bool
    timeout_s: float | None
    cancels: bool


def _until_ended(context: Context, instance: Value, how: _Wait) -> int:
    """Wait for the end. Whatever becomes of the wait, a script knows the id of what it has started."""
    printer, instance_id = context.printer, str(instance["id"])
    printer.note(f"started {instance_id}  {instance['definitionId']} v{instance['definitionVersion']}")
    if printer.settings.output == "name":
        printer.value(INSTANCE, instance)
        context.environment.stdout.flush()
    try:
        if how.follow:
            return followed(context, instance, how.timeout_s)
        return _waited(context, instance, how.timeout_s)
    except CliError as error:
        if how.cancels and error.exit_status in (ExitStatus.WAIT_RAN_OUT, ExitStatus.UNREACHABLE):
            raise _cancelled(context, instance_id, error) from error
        raise


def _waited(context: Context, instance: Value, timeout_s: float | None) -> int:
    from rochallor_cli.output.progress import working

    printer, instance_id = context.printer, str(instance["id"])
    waiting = Waiting(context.engine, printer, timeout_s, judge_for(context))
    shown = instance
    try:
        with (
            going_on(instance_id),
            working(context.environment, f"waiting for {instance_id}", quiet=printer.settings.quiet),
        ):
            waiting.until_ended([instance])
        shown = waiting.ended[instance_id]
    except WaitRanOutError:
        shown = waiting.open[instance_id].instance
        raise
    finally:
        if printer.settings.output != "name" and (not printer.for_people or waiting.ended):
            printer.value(INSTANCE, shown)
    return status_of_outcome(shown)


def _cancelled(context: Context, instance_id: str, error: CliError) -> CliError:
    """The error of the wait, with what became of the cancellation."""
    try:
        context.engine.cancel(instance_id, "not ended in time")
    except (CliError, WorkflowSDKError) as refused:
        hint = f"it could not be cancelled: {refused}"
    else:
        hint = "it was cancelled"
    return CliError(error.message, hint=hint, exit_status=ExitStatus(error.exit_status))
