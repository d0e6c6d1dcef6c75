"""`rochallor instances wait`: until they have ended."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import (
    Timeout,
    seconds_from,
)
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.instances.following import status_of_outcome, wait_for
from rochallor_cli.output.views import INSTANCES

app = typer.Typer()


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
