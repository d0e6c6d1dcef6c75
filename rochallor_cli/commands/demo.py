"""`rochallor demo`: watch a workflow run."""

from __future__ import annotations

import typer

from rochallor_cli.context import Context
from rochallor_cli.global_options import command

app = typer.Typer()


@command(app, "demo", examples=("rochallor demo",))
def demo(context: Context) -> int:
    """Watch a workflow run: embedded engine, example definition, workers.

    Needs nothing and leaves nothing behind.
    """
    from rochallor_cli.demo import run_demo

    return run_demo(context)
