"""`rochallor defs schema`: the format for editors."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command

app = typer.Typer()


@command(
    app,
    "schema",
    has_names=False,
    examples=(
        "rochallor defs schema > definition.schema.json",
        "rochallor defs schema --engine-version 1.1.0",
    ),
)
def schema(context: Context) -> None:
    """Print the JSON Schema of definitions, for editors and other tools.

    Of the newest version of the engine, or the one that --engine-version names. In a YAML file
    `# yaml-language-server: $schema=definition.schema.json` tells an editor of it.
    """
    from rochallor_cli.dev_engine import definition_schema, engine_rules

    context.printer.document(definition_schema(engine_rules(context.offline_version().assumed)))
