"""`rochallor instances watch`: follow one to its end."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.followed_instance import followed
from rochallor_cli.commands.inputs import (
    InstanceId,
    Timeout,
    seconds_from,
)

app = typer.Typer()


@command(
    app,
    "watch",
    examples=(
        "rochallor instances watch 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances watch 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o jsonl | jq .stepId",
    ),
    walks=True,
    ends_unread=True,
)
def watch(context: Context, instance: InstanceId, timeout: Timeout = None) -> int:
    """Follow an instance until it has ended: a live panel on a terminal, one line an event on a pipe.

    It goes on through restarts of the engine. Exit status 0 if COMPLETED, 9 if FAILED or CANCELLED.
    """
    return followed(context, {"id": instance}, seconds_from(timeout, "--timeout"))
