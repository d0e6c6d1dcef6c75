"""`rochallor defs`: upload, read, check and compare definitions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rochallor_cli.commands.inputs import All, Limit, definition_and_version
from rochallor_cli.context import Context
from rochallor_cli.errors import ConflictError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.global_options import command, group
from rochallor_cli.output.views import DEFINITIONS, UPLOADS
from rochallor_cli.uploads import NOT_LATEST, Upload, as_new, read_uploads, rehearse, send

app = group("Upload, read, check and compare definitions.")

Definition = Annotated[str, typer.Argument(help="Its id, or ID@VERSION.", show_default=False)]


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
        typer.Argument(help="Files, folders or - ; JSON or YAML, several documents.", show_default=False),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, send nothing.")] = False,
    new: Annotated[
        bool,
        typer.Option("--as-new", help="Mark metadata, so that an older text becomes the latest version."),
    ] = False,
) -> int:
    """Upload definitions, and say what came of each: created, unchanged, or stored but not the latest.

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
    finally:
        if rows:
            context.printer.rows(UPLOADS, rows)
    return rows


def _rehearsed(context: Context, uploads: list[Upload]) -> list[dict[str, Any]]:
    rows = [rehearse(context.engine, one) for one in uploads]
    context.printer.rows(UPLOADS, rows)
    context.printer.note("dry run: nothing was sent. Whether the engine takes them is known only on sending.")
    return rows


def _not_latest(rows: list[dict[str, Any]], *, dry_run: bool) -> ConflictError:
    first = rows[0]
    would = "would be stored" if dry_run else "stored"
    message = f"{first['id']} {would} as v{first['version']}, but v{first['latest']} stays the latest"
    if len(rows) > 1:
        message += f", and {len(rows) - 1} more like it"
    return ConflictError(message, hint="the text is an older one; --as-new makes it the latest again")


@command(
    app,
    "get",
    examples=(
        "rochallor defs get loan-processing-workflow > flow.yaml",
        "rochallor defs get loan-processing-workflow@2 -o json",
    ),
)
def get(context: Context, definition: Definition) -> None:
    """Print a definition: YAML that can be uploaded again, or JSON with -o json."""
    found = context.engine.definition(*definition_and_version(definition))
    printer = context.printer
    if printer.settings.output == "name":
        printer.line(f"{found['id']}@{found['version']}")
    elif printer.for_people and not printer.settings.fields:
        from rochallor_cli.json_yaml import dump

        printer.environment.stdout.write(dump(found))
    else:
        chosen = {key: found.get(key) for key in printer.settings.fields}
        printer.document(chosen or found)


@command(
    app,
    "list",
    examples=("rochallor defs list", "rochallor defs list loan -o name"),
)
def list_(
    context: Context,
    keyword: Annotated[
        str,
        typer.Argument(help="Only those whose id or name holds it.", show_default=False),
    ] = "",
    limit: Limit = 50,
    everything: All = False,
) -> None:
    """List definitions, the latest version of each."""
    rows = context.engine.definitions(keyword, limit=None if everything else limit)
    shown = context.printer.rows(DEFINITIONS, rows)
    if shown == 0:
        context.printer.note("no definitions" + (f" with {keyword!r}" if keyword else ""))
    elif not everything and shown == limit:
        context.printer.note("perhaps there are more; --limit or --all shows them")
