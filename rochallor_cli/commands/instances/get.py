"""`rochallor instances get`: one instance."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    InstanceId,
)
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.output.views import INSTANCE

app = typer.Typer()


@command(
    app,
    "get",
    examples=(
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances get 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o json --fields status,variables.creditScore",
    ),
)
def get(context: Context, instance: InstanceId) -> None:
    """Show one instance: status, step, variables, reason of failure.

    As a table it says of a live one what each open step waits for, and whether nothing can move it.
    """
    found = context.engine.instance(instance)
    if context.printer.for_readers and found.get("status") in OPEN:
        found = _judged(context, found)
    context.printer.value(INSTANCE, found)
    if found.get("verdict"):
        context.printer.note(f"why, and what can be done: rochallor instances explain {found['id']}")


def _judged(context: Context, instance: Value) -> Value:
    """The instance with its verdict, and what would move it."""
    from rochallor_cli.explanation.verdict_text import awaited_lines, judged, verdict_text

    version = context.engine_version(only_get=True)
    explanation = judged(context.engine, str(instance["id"]), version.possible, now=context.environment.now)
    if explanation is None:
        return instance
    lines = awaited_lines(explanation, context.environment.now())
    return {**instance, "verdict": verdict_text(explanation), "awaited": lines}
