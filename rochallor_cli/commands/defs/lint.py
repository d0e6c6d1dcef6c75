"""`rochallor defs lint`: check offline."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.definitions.uploads import (
    read_all,
)
from rochallor_cli.errors import InvalidDocumentError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.views import FINDINGS

if TYPE_CHECKING:
    from rochallor_cli.definitions.linting import DocumentFinding

# The first is for people; the others are written by definitions/lint_formats.py.
_FORMATS = ("text", "github", "gitlab", "sarif", "junit")

app = typer.Typer()


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
        str,
        typer.Option("--format", metavar="|".join(_FORMATS), help="text, or what a CI system reads."),
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="Say why a code matters, and stop.")
    ] = None,
) -> int:
    """Check definitions offline: the engine's own rules, then what it accepts and will regret.

    Checked for the newest version of the engine, or the one that --engine-version names. What that version does not
    know and no known name is near to is left to the engine: exit status 13 where there is nothing worse, 3 for errors.
    A definition can disable codes for itself: metadata.lintDisable is a list of them, and in YAML a comment does so for
    its own line, or standing alone for the next one: # rochallor: ignore[W401].
    """
    if explain is not None:
        from rochallor_cli.definitions.linting import explanation

        context.printer.line(explanation(explain))
        return ExitStatus.DONE
    if format_ not in _FORMATS:
        raise UsageError(f"--format {format_!r} is none of {', '.join(_FORMATS)}")
    found = _findings(context, files or _no_files(), module=module, disable=disable)
    _show_findings(context, found, format_)
    return _status(found, strict=strict)


def _status(found: list[DocumentFinding], *, strict: bool) -> ExitStatus:
    from rochallor_cli.definitions.problem_codes import NOT_KNOWN

    if any(strict or finding.severity == "error" for finding in found):
        return ExitStatus.INVALID
    is_left_to_engine = any(finding.code == NOT_KNOWN for finding in found)
    return ExitStatus.NOT_KNOWN if is_left_to_engine else ExitStatus.DONE


def _findings(
    context: Context, files: list[str], *, module: list[str] | None, disable: list[str] | None
) -> list[DocumentFinding]:
    from rochallor_cli.definitions.linting import Assumed, lint_documents, unreadable_finding
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.engine_client.engine_version import said_version

    unreadable: list[InvalidDocumentError] = []
    documents = read_all(files, context.environment.stdin, unreadable=unreadable)
    served = _job_types(module) if module else None
    found = [unreadable_finding(error) for error in unreadable]
    version = context.offline_version().assumed
    rules = engine_rules(version, coercion=not context.settings.no_coercion)
    assumed = Assumed(rules, is_given=said_version(context.settings) is not None)
    return found + lint_documents(documents, assumed, served=served, disabled=disable or ())


def _show_findings(context: Context, found: list[DocumentFinding], format_: str) -> None:
    from rochallor_cli.definitions.linting import summary

    if not context.printer.for_people:
        context.printer.rows(FINDINGS, [finding.as_row() for finding in found])
        return
    if format_ == "text":
        for finding in found:
            context.printer.line(harmless(str(finding)))
    else:
        from rochallor_cli.definitions.lint_formats import FORMATS

        context.printer.text(FORMATS[format_](found))
    version = context.offline_version()
    context.printer.note(f"{summary(found)} For engine version {version.assumed} ({version.how}).")


def _no_files() -> list[str]:
    raise UsageError("name files or folders to check, or a code with --explain")


def _job_types(modules: list[str]) -> set[str]:
    from rochallor_cli.handler_modules.loading import load_handlers

    # What a module prints while it is imported is no finding.
    with redirect_stdout(sys.stderr):
        return set(load_handlers(modules).registry.job_types())
