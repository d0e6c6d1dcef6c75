"""`rochallor defs`: upload, read, check and compare definitions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command, group
from rochallor_cli.commands.inputs import LIMIT, All, Limit, definition_and_version, note_of_more
from rochallor_cli.counting import count_text
from rochallor_cli.definitions.differences import Change, differences
from rochallor_cli.definitions.uploads import (
    NOT_LATEST,
    SUFFIXES,
    Upload,
    as_new,
    read_uploads,
    read_what_can_be,
    rehearse,
    send,
)
from rochallor_cli.documents.reading import read_document
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.errors import ConflictError, Interrupted, InvalidDocumentError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.views import CHANGES, DEFINITIONS, FINDINGS, UPLOADS, VERSIONS

if TYPE_CHECKING:
    from rochallor_cli.definitions.linting import DocumentFinding

# `defs diff` speaks as diff does: 1 says that there are differences.
DIFFERS = 1
_GRAPHS = ("text", "mermaid", "dot", "svg")

app = group("Upload, read, check and compare definitions.")

Definition = Annotated[str, typer.Argument(help="Its id, or ID@VERSION.")]


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
        from rochallor_cli.documents.json_yaml import dump

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
        typer.Argument(help="Only those whose id or name holds it."),
    ] = "",
    limit: Limit = None,
    everything: All = False,
) -> None:
    """List definitions, the latest version of each."""
    rows = context.engine.definitions(keyword, limit=None if everything else limit or LIMIT)
    shown = context.printer.rows(DEFINITIONS, rows)
    if shown == 0:
        context.printer.note("no definitions" + (f" with {keyword!r}" if keyword else ""))
    elif not everything:
        note_of_more(context, shown, limit, lambda: context.engine.count_definitions(keyword))


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
    newest = int(context.engine.definition(definition)["version"])
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
            "steps": len(found.get("steps") or []),
            "changes": [change.as_row() for change in changes],
        }
        later = before


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
    files: Annotated[list[str], typer.Argument(help="Files, folders or - .")],
    against: Annotated[
        int | None,
        typer.Option("--against", metavar="VERSION", min=1, help="Not the latest but this version."),
    ] = None,
) -> int:
    """Compare definitions with what the engine has, step by step.

    Exit status 0 if all are the same, 1 if one differs, more than 1 for errors.
    """
    differ = False
    rows: list[dict[str, Any]] = []
    for one in read_uploads(files, context.environment.stdin):
        known = context.engine.known_definition(one.id)
        if known is not None and against is not None:
            known = context.engine.definition(one.id, against)
        changes = differences(known or {}, one.definition)
        differ = differ or bool(changes)
        if context.printer.for_people:
            _show_changes(context, one, known, changes)
        rows += [{"id": one.id, "source": one.document.source, **change.as_row()} for change in changes]
    if not context.printer.for_people:
        context.printer.rows(CHANGES, rows)
    return DIFFERS if differ else ExitStatus.DONE


def _show_changes(context: Context, upload: Upload, known: Value | None, changes: list[Change]) -> None:
    printer = context.printer
    version = f"v{known['version']}" if known else "(not on the engine)"
    if not changes:
        printer.note(f"{upload.id} {version} = {upload.document.source}")
        return
    printer.line(f"{upload.id} {version} → {upload.document.source}")
    widest = max(len(change.step) for change in changes)
    for change in changes:
        sign = printer.paint(change.sign, {"added": "green", "removed": "red"}.get(change.kind, "yellow"))
        printer.line(f"  {sign} " + harmless(f"{change.step:<{widest}}  {change.text}"))


@command(
    app,
    "lint",
    examples=(
        "rochallor defs lint flows/",
        "rochallor defs lint flow.yaml --module handlers.py --format github",
        "rochallor defs lint --explain W301",
    ),
)
def lint(
    context: Context,
    files: Annotated[list[str] | None, typer.Argument(help="Files, folders or - .")] = None,
    module: Annotated[
        list[str] | None,
        typer.Option("--module", "-m", metavar="MODULE", help="Handlers that are to serve the job types."),
    ] = None,
    disable: Annotated[
        list[str] | None, typer.Option("--disable", metavar="CODE", help="Leave this code out; repeatable.")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="text|github", help="github: annotations for its CI.")
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="Say why a code matters, and stop.")
    ] = None,
) -> int:
    """Check definitions offline: the engine's own rules, then what it accepts and will regret.

    A definition can disable codes for itself: metadata.lintDisable is a list of them. Exit status 3 for errors.
    """
    if explain is not None:
        from rochallor_cli.definitions.linting import explanation

        context.printer.line(explanation(explain))
        return ExitStatus.DONE
    if format_ not in ("text", "github"):
        raise UsageError(f"--format {format_!r} is neither text nor github")
    found = _findings(context, files or _no_files(), module=module, disable=disable)
    _show_findings(context, found, github=format_ == "github")
    bad = any(strict or finding.severity == "error" for finding in found)
    return ExitStatus.INVALID if bad else ExitStatus.DONE


def _findings(
    context: Context, files: list[str], *, module: list[str] | None, disable: list[str] | None
) -> list[DocumentFinding]:
    from rochallor_cli.definitions.linting import lint_documents, unreadable_finding

    documents, unreadable = read_what_can_be(files, context.environment.stdin)
    served = _job_types(module) if module else None
    found = [unreadable_finding(error) for error in unreadable]
    return found + lint_documents(documents, served=served, disabled=disable or ())


def _show_findings(context: Context, found: list[DocumentFinding], *, github: bool) -> None:
    from rochallor_cli.definitions.linting import as_github, summary

    if not context.printer.for_people:
        context.printer.rows(FINDINGS, [finding.as_row() for finding in found])
        return
    for finding in found:
        context.printer.line(as_github(finding) if github else harmless(str(finding)))
    context.printer.note(summary(found))


def _no_files() -> list[str]:
    raise UsageError("name files or folders to check, or a code with --explain")


def _job_types(modules: list[str]) -> set[str]:
    from rochallor_cli.hosting.workers.handler_modules import load_handlers

    # What a module prints while it is imported is no finding.
    with redirect_stdout(sys.stderr):
        return set(load_handlers(modules).registry.job_types())


@command(
    app,
    "graph",
    examples=(
        "rochallor defs graph flow.yaml",
        "rochallor defs graph loan-processing-workflow --format svg > loan.svg",
        "rochallor defs graph loan --instance 01JD8Q3VZ6M0T2H8X4K7N5RWZK --format mermaid",
    ),
)
def graph(
    context: Context,
    definition: Annotated[
        str | None,
        typer.Argument(help="A file, - , or an id (ID@VERSION) on the engine."),
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="ID", help="Paint this instance's state on it.")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="text|mermaid|dot|svg", help="What to draw it as.")
    ] = "text",
) -> None:
    """Draw a definition as a graph: text, mermaid, dot, or SVG, which needs nothing installed."""
    from rochallor_cli.graph.model import graph_of, painted
    from rochallor_cli.graph.texts import as_dot, as_mermaid, as_text

    if format_ not in _GRAPHS:
        raise UsageError(f"--format {format_!r} is none of {', '.join(_GRAPHS)}")
    found = context.engine.instance(instance) if instance else None
    drawn = graph_of(_definition_to_draw(context, definition, found))
    if found is not None:
        drawn = painted(drawn, found, context.engine.history(str(found["id"])))
    if format_ == "svg":
        from rochallor_cli.graph.svg import as_svg

        context.environment.stdout.write(as_svg(drawn))
        return
    for line in {"text": as_text, "mermaid": as_mermaid, "dot": as_dot}[format_](drawn):
        context.printer.line(line)


def _definition_to_draw(context: Context, name: str | None, instance: Value | None) -> Value:
    """The file's or the engine's definition; without a name the one that the instance runs."""
    if name is None:
        if instance is None:
            raise UsageError("name a file or a definition, or an instance with --instance")
        return context.engine.definition(str(instance["definitionId"]), int(instance["definitionVersion"]))
    if name == "-" or Path(name).suffix.lower() in SUFFIXES or Path(name).is_file():
        value = read_document(name, context.environment.stdin).value
        if not isinstance(value, dict):
            raise InvalidDocumentError(f"{name}: expected a mapping")
        return value
    return context.engine.definition(*definition_and_version(name))
