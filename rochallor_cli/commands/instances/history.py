"""`rochallor instances history`: the steps one went through."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.followed_instance import verdict_of
from rochallor_cli.commands.inputs import (
    InstanceId,
)
from rochallor_cli.engine_client.admin_client import ENDED, Value
from rochallor_cli.errors import CliError, UsageError, did_you_mean
from rochallor_cli.output.text_width import shell_command
from rochallor_cli.output.views import EXECUTIONS
from workflow_sdk.errors import WorkflowSDKError

app = typer.Typer()

_VIEWS = ("table", "timeline", "tree")


@command(
    app,
    "history",
    examples=(
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances history 01JD8Q3VZ6M0T2H8X4K7N5RWZK --view timeline",
    ),
    exclusive=(("--view", "--fields"),),
)
def history(
    context: Context,
    instance: InstanceId,
    view: Annotated[
        str,
        typer.Option(
            "--view", metavar="table|timeline|tree", help="The form of the history where -o asks for a table."
        ),
    ] = "table",
) -> None:
    """Show the steps an instance went through.

    ENTRY counts entries into a step, OPEN FOR is the time from entry to end, waiting included. The engine keeps no
    trace of job retries, nor of who held a job or when it was begun.
    """
    if view not in _VIEWS:
        raise UsageError(f"--view {view!r} is none of {', '.join(_VIEWS)}", hint=did_you_mean(view, _VIEWS))
    executions = context.engine.history(instance)
    printer = context.printer
    if not printer.for_people:
        printer.rows(EXECUTIONS, executions)
        return
    if view == "table":
        _show_table(context, instance, executions)
        return
    found = context.engine.instance(instance)
    found = {**found, "verdict": verdict_of(context, found)}
    from rochallor_cli.instances.history import timeline, tree

    if view == "timeline":
        lines = timeline(printer, found, executions)
    else:
        from rochallor_cli.engine_client.reading import definition_of

        lines = tree(
            printer, found, executions=executions, definition=context.engine.definition(*definition_of(found))
        )
    for line in lines:
        printer.styled(line)


def _show_table(context: Context, instance_id: str, executions: list[Value]) -> None:
    """The rows, with what instance and definition add to them: a history that stands alone is shown all the same."""
    try:
        found = context.engine.instance(instance_id)
        steps = context.engine.steps_of(found)
    except (WorkflowSDKError, CliError, KeyError, ValueError, TypeError):
        found, steps = {}, {}
    is_over = found.get("status") in ENDED
    rows = (
        {**row, "isOver": is_over, "jobType": steps.get(str(row.get("stepId")), {}).get("jobType")}
        for row in executions
    )
    context.printer.rows(EXECUTIONS, rows)
    verdict = verdict_of(context, found)
    if verdict:
        explain = shell_command("rochallor", "instances", "explain", instance_id)
        context.printer.note(f"{found['status']}, {verdict}: {explain}")
