"""`rochallor demo`: watch a workflow run."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.errors import UsageError

app = typer.Typer()


@command(
    app, "demo", examples=("rochallor demo", "rochallor demo --mode kafka", "rochallor demo --ui"), walks=True
)
def demo(
    context: Context,
    mode: Annotated[
        str,
        typer.Option("--mode", metavar="MODE", help="How jobs come: poll, or kafka over an embedded broker."),
    ] = "poll",
    ui: Annotated[
        bool, typer.Option("--ui", help="Serve a page that shows it, and go on until Ctrl-C.")
    ] = False,
) -> int:
    """Watch a workflow run: embedded engine, example definition, workers.

    Needs nothing and leaves nothing behind.
    """
    from rochallor_cli.demo import run_demo

    if mode not in ("poll", "kafka"):
        raise UsageError(f"--mode: expected poll or kafka, found {mode!r}")
    return run_demo(context, with_kafka=mode == "kafka", with_page=ui)
