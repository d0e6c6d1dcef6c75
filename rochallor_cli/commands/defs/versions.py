"""`rochallor defs versions`: one definition's versions, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import LIMIT, All, Limit
from rochallor_cli.definitions.differences import differences
from rochallor_cli.engine_client.reading import listed, version_of
from rochallor_cli.output.views import VERSIONS

if TYPE_CHECKING:
    pass


app = typer.Typer()


@command(
    app,
    "versions",
    examples=("rochallor defs versions loan-processing-workflow",),
)
def versions(
    context: Context,
    definition: Annotated[str, typer.Argument(help="Its id.")],
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List the versions of a definition, the latest first, and what each changed."""
    newest = version_of(context.engine.definition(definition))
    oldest = 1 if everything else max(newest - (limit or LIMIT) + 1, 1)
    context.printer.rows(VERSIONS, _versions(context, definition, newest=newest, oldest=oldest))
    if oldest > 1:
        context.printer.note(f"versions {oldest} to {newest}; --all shows the older ones")


def _versions(context: Context, definition: str, *, newest: int, oldest: int) -> Iterator[dict[str, Any]]:
    later = context.engine.definition(definition, newest)
    for version in range(newest, oldest - 1, -1):
        found, before = later, context.engine.definition(definition, version - 1) if version > 1 else {}
        changes = differences(before, found) if before else []
        yield {
            "id": definition,
            "version": version,
            "name": found.get("name"),
            "steps": len(listed(found.get("steps"))),
            "changes": [change.as_row() for change in changes],
        }
        later = before
