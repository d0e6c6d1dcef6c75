"""`rochallor ui`: a window on the engine."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.stopping import stop_signals
from rochallor_cli.engine_client.ids import require_id
from rochallor_cli.ui.serving import require_templates, ui_server

app = typer.Typer()


@command(
    app,
    "ui",
    examples=(
        "rochallor ui --open",
        "rochallor ui 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor ui --context prod --read-only --port 8090",
    ),
    walks=True,
)
def ui(
    context: Context,
    *,
    instance: Annotated[
        str | None, typer.Argument(help="The id of an instance to begin with; the overview if left out.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="Where to listen; 0 for a free port.")
    ] = 0,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show no buttons, and refuse what would change something.")
    ] = False,
) -> None:
    """Serve a page on this machine that shows the engine, until Ctrl-C.

    Over REST, with the rights of the settings: no other program is needed, nothing is stored. It listens on loopback
    alone and answers only the browser that was given the address it prints. In protected contexts it changes nothing.
    """
    require_templates()
    if instance is not None:
        require_id(instance, "instance")
    at = f"/instances/{quote(instance, safe='')}" if instance else "/"
    with (
        stop_signals() as stop,
        ui_server(
            context,
            context.engine,
            lambda: context.engine_version(only_get=True),
            port=port,
            read_only=read_only,
        ) as server,
    ):
        address = server.address(at)
        if context.printer.for_readers:
            context.printer.line(f"Page    {address}")
            context.printer.note(f"Engine  {context.settings.where}. Ctrl-C stops it.")
        else:
            context.printer.event({"url": address, "engine": context.settings.where})
        context.environment.stdout.flush()
        if not open_:
            stop.wait()
            return
        from rochallor_cli.ui.browser_opening import opened

        with opened(address) as is_open:
            if not is_open:
                context.printer.warn("no browser was found; open the address in one")
            stop.wait()
