"""`rochallor defs upload`: store definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.counting import count_text
from rochallor_cli.definitions.uploads import (
    NOT_LATEST,
    Upload,
    as_new,
    read_uploads,
    rehearse,
    send,
)
from rochallor_cli.errors import ConflictError, Interrupted
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.views import UPLOADS

if TYPE_CHECKING:
    pass


app = typer.Typer()


@command(
    app,
    "upload",
    examples=(
        "rochallor defs upload flow.yaml",
        "rochallor defs upload flows/ --dry-run",
        "generate-flow | rochallor defs upload -",
    ),
)
def upload(
    context: Context,
    files: Annotated[
        list[str],
        typer.Argument(help="Files, folders or - ; JSON or YAML, several documents."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, send nothing.")] = False,
    new: Annotated[
        bool,
        typer.Option(
            "--as-new", help="Add a mark to the metadata, so that even a known text becomes a new version."
        ),
    ] = False,
) -> int:
    """Upload definitions, and say what came of each: created, unchanged, or not the latest.

    Nothing is sent before every document could be read. The engine answers a text that it knows with the old
    version and keeps the latest: reverting a file does not roll back. That is exit status 7; --as-new rolls back.
    """
    uploads = read_uploads(files, context.environment.stdin)
    if new:
        moment = context.environment.now().isoformat(timespec="seconds")
        uploads = [as_new(one, moment) for one in uploads]
    rows = _rehearsed(context, uploads) if dry_run else _sent(context, uploads)
    older = [row for row in rows if row["result"] == NOT_LATEST]
    if older:
        raise _not_latest(older, dry_run=dry_run)
    return ExitStatus.DONE


def _sent(context: Context, uploads: list[Upload]) -> list[dict[str, Any]]:
    """Send one after the other; what was done before an error is said as well."""
    from rochallor_cli.output.progress import working

    rows: list[dict[str, Any]] = []
    try:
        with working(
            context.environment, "uploading", total=len(uploads), quiet=context.settings.quiet
        ) as progress:
            for one in uploads:
                progress.text = f"uploading {one.id}"
                rows.append(send(context.engine, one))
                progress.done += 1
    except KeyboardInterrupt:
        raise Interrupted(f"{len(rows):,} of {count_text(len(uploads), 'definition')} uploaded") from None
    finally:
        if rows:
            context.printer.rows(UPLOADS, rows)
    return rows


def _rehearsed(context: Context, uploads: list[Upload]) -> list[dict[str, Any]]:
    rows = [rehearse(context.engine, one) for one in uploads]
    context.printer.rows(UPLOADS, rows)
    context.printer.note(
        "dry run: nothing was sent; checked by the embedded engine's rules, the engine may have others"
    )
    return rows


def _not_latest(rows: list[dict[str, Any]], *, dry_run: bool) -> ConflictError:
    first = rows[0]
    would = "would be stored" if dry_run else "stored"
    message = f"{first['id']} {would} as v{first['version']}, but v{first['latest']} stays the latest"
    if len(rows) > 1:
        message += f", and {len(rows) - 1} more like it"
    return ConflictError(message, hint="the text is an older one; --as-new makes it the latest again")
