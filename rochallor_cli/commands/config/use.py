"""`rochallor config use`: choose a context."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.masking import url_text

app = typer.Typer()


@command(app, "use", examples=("rochallor config use prod",))
def use(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="CONTEXT", help="Its name.")],
) -> None:
    """Make a context the one that is used when nothing else is said."""
    config = context.config
    config.context(name, named_by="the argument")
    context.save(config._replace(current=name))
    context.printer.note(f"using {name}: {url_text(str(config.contexts[name].get('url', 'no url')))}")
