"""`rochallor defs get`: print one."""

from __future__ import annotations

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import DefinitionId, definition_and_version

app = typer.Typer()


@command(
    app,
    "get",
    examples=(
        "rochallor defs get loan-processing-workflow > flow.yaml",
        "rochallor defs get loan-processing-workflow@2 -o json",
    ),
)
def get(context: Context, definition: DefinitionId) -> None:
    """Print a definition: YAML that can be uploaded again, or JSON with -o json.

    Comments show decision tables as tables, and name the schema for editors: `rochallor defs schema >
    definition.schema.json` writes it.
    """
    found = context.engine.definition(*definition_and_version(definition))
    printer = context.printer
    if printer.settings.output == "name":
        printer.line(f"{found['id']}@{found['version']}")
    elif printer.for_readers:
        from rochallor_cli.definitions.written_yaml import written_yaml

        printer.environment.stdout.write(written_yaml(found, printer.yaml_text))
    else:
        printer.document(found)
