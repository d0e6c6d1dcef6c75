"""`rochallor defs diff`: a file beside the engine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.definition_sources import Exclude, say_passed_over
from rochallor_cli.definitions.differences import Change, differences
from rochallor_cli.definitions.files import Folders
from rochallor_cli.definitions.uploads import Upload, read_uploads
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.views import CHANGES

app = typer.Typer()

# `defs diff` speaks as diff does: 1 says that there are differences.
DIFFERS = 1


@command(
    app,
    "diff",
    examples=(
        "rochallor defs diff flow.yaml",
        "rochallor defs diff flow.yaml --against 3 || echo 'differs'",
    ),
)
def diff(
    context: Context,
    *,
    files: Annotated[list[str], typer.Argument(help="Files, folders or - .")],
    exclude: Exclude = None,
    against: Annotated[
        int | None,
        typer.Option(
            "--against", metavar="VERSION", min=1, help="Compare with this version, not with the latest."
        ),
    ] = None,
) -> int:
    """Compare definitions with what the engine has, step by step.

    Exit status 0 if all are the same, 1 if one differs, more than 1 for errors.
    """
    differ = False
    rows: list[dict[str, Any]] = []
    folders = Folders(tuple(exclude or ()))
    uploads = read_uploads(files, context.environment.stdin, folders=folders)
    say_passed_over(context, folders)
    for one in uploads:
        if not one.id.strip():
            raise InvalidDocumentError(f"{one.document.at(('id',))}: a definition's id is required, a text")
        known = context.engine.known_definition(one.id)
        if known is not None and against is not None:
            known = context.engine.definition(one.id, against)
        changes = differences(known or {}, one.definition)
        differ = differ or bool(changes)
        if context.printer.for_readers:
            _show_changes(context, one, known=known, changes=changes)
        rows += [{"id": one.id, "source": one.document.source, **change.as_row()} for change in changes]
    if not context.printer.for_readers:
        context.printer.rows(CHANGES, rows)
    return DIFFERS if differ else ExitStatus.DONE


def _show_changes(context: Context, upload: Upload, *, known: Value | None, changes: list[Change]) -> None:
    printer = context.printer
    version = f"v{known['version']}" if known else "(not on the engine)"
    if not changes:
        printer.note(f"{upload.id} {version} = {upload.document.source}")
        return
    printer.line(f"{upload.id} {version} → {upload.document.source}")
    widest = max(len(change.step) for change in changes)
    for change in changes:
        sign = printer.paint(change.sign, {"added": "green", "removed": "red"}.get(change.kind, "yellow"))
        printer.styled(f"  {sign} " + harmless(f"{change.step:<{widest}}  {change.text}"))
