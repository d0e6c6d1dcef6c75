"""`rochallor defs lint`: check offline."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import EVERYTHING, FORM_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.definition_sources import (
    Exclude,
    documents_of_engine,
    documents_of_files,
    is_file_name,
)
from rochallor_cli.commands.inputs import Text, Var, Vars, variables_from
from rochallor_cli.documents.document import Document
from rochallor_cli.errors import NotKnownError, UnreadableTextError, UsageError, did_you_mean
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.views import FINDINGS

if TYPE_CHECKING:
    from rochallor_cli.definitions.finding import DocumentFinding
    from rochallor_cli.definitions.linting import LintAssumptions
    from rochallor_cli.engine_client.engine_version import EngineVersion
    from rochallor_cli.verification.report import VerifiedDefinition

# The first is for people; the others are written by definitions/lint_formats.py.
_FORMATS = ("text", "github", "gitlab", "sarif", "junit")

app = typer.Typer()


@command(
    app,
    "lint",
    examples=(
        "rochallor defs lint flows/",
        "rochallor defs lint flow.yaml --module handlers.py --format github",
        "rochallor defs lint flows/ --upgrade 1.0.1..next",
        "rochallor defs lint --explain W301",
    ),
    exclusive=(
        FORM_EXCLUSIVE,
        ("--explain", EVERYTHING),
        (
            "--upgrade",
            "--module",
            "--disable",
            "--error",
            "--var",
            "--text",
            "--vars",
            "--verify",
            "--strict",
            "--engine-version",
        ),
    ),
)
def lint(
    context: Context,
    *,
    definitions: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, - , or ids (ID@VERSION) on the engine.")
    ] = None,
    module: Annotated[
        list[str] | None,
        typer.Option("--module", "-m", metavar="MODULE", help="Handlers that are to serve the job types."),
    ] = None,
    disable: Annotated[
        list[str] | None,
        typer.Option(
            "--disable",
            metavar="CODE",
            help="Leave out the findings of this code; repeatable.",
        ),
    ] = None,
    error: Annotated[
        list[str] | None, typer.Option("--error", metavar="CODE", help="This code is an error; repeatable.")
    ] = None,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Search all that can happen to instances as well, as defs verify does."
        ),
    ] = False,
    upgrade: Annotated[
        str | None,
        typer.Option(
            "--upgrade", metavar="FROM..TO", help="What an engine of another version will do otherwise."
        ),
    ] = None,
    exclude: Exclude = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All definitions that are on the engine.")
    ] = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="|".join(_FORMATS), help="text, or what a CI system reads."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="Say why a code matters, and stop.")
    ] = None,
) -> int:
    """Check definitions offline: the engine's own rules, then what it accepts and will regret.

    Errors (exit status 3) are what the engine refuses and what certainly cannot run; all else is a warning. Checked for
    the newest version of the engine, or the one that --engine-version names; ids for the version that the engine is.
    With --var and --vars it is checked for instances that are started with these. What no version knows and no known
    name is near to is left to the engine: exit status 13 where there is nothing worse. A definition can disable codes
    for itself: metadata.lintDisable is a list of them, and in YAML a comment does so for its own line, or standing
    alone for the next one: # rochallor: ignore[W401]. Of folders only definitions are read; -v names what was passed
    over. With --verify and --upgrade exit status 10 means that a search came to its bounds.
    """
    if explain is not None:
        return _explained(context, explain)
    names = [*(definitions or ()), *_all_on_engine(context, asked=everything)] or _no_files()
    if upgrade is not None:
        return _upgraded(context, names, exclude=exclude, versions=upgrade, format_=format_)
    if format_ not in (None, *_FORMATS):
        raise UsageError(f"--format {format_!r} is none of {', '.join(_FORMATS)}")
    is_given = bool(var or text) or variables is not None
    values = variables_from(context, var=var, text=text, whole=variables) if is_given else None
    checks = [
        replace(check, assumed=replace(check.assumed, variables=values))
        for check in (_files(context, names, exclude=exclude), _ids(context, names))
    ]
    served = _job_types(module) if module else None
    disabled = _known_codes("--disable", disable or ())
    found = _findings(checks, served=served, disabled=disabled, errors=_known_codes("--error", error or ()))
    searched = _verified(checks, found) if verify else []
    found += _verified_findings(searched, disabled=disabled)
    _show_findings(
        context, found, format_=format_, versions=[check.version for check in checks if check.documents]
    )
    return _status(found, searched, strict=strict)


def _explained(context: Context, code: str) -> ExitStatus:
    from rochallor_cli.definitions.linting import explanation

    printer, text = context.printer, explanation(code)
    if printer.for_readers:
        lines = text.splitlines()
        if printer.width is not None:
            lines = [textwrap.fill(line, printer.width) for line in lines]
        printer.text("".join(f"{line}\n" for line in lines))
    else:
        printer.document({"code": code.upper(), "text": text}, name="code")
    return ExitStatus.DONE


def _status(found: list[DocumentFinding], searched: list[VerifiedDefinition], *, strict: bool) -> ExitStatus:
    from rochallor_cli.definitions.problem_codes import NOT_KNOWN

    if any(strict or finding.severity == "error" for finding in found):
        return ExitStatus.INVALID
    if searched:
        from rochallor_cli.verification.verifying import require_searched

        require_searched(searched)
    is_left_to_engine = any(finding.code == NOT_KNOWN for finding in found)
    return ExitStatus.NOT_KNOWN if is_left_to_engine else ExitStatus.DONE


def _upgraded(
    context: Context, names: list[str], *, exclude: list[str] | None, versions: str, format_: str | None
) -> int:
    """What becomes of the definitions in another version; exit status 3 where something gets worse."""
    from rochallor_cli.verification import upgrade_report as report
    from rochallor_cli.verification.upgrading import UNKNOWN, upgrade_differences

    if format_ not in (None, "text", "csv"):
        raise UsageError("--upgrade is written as text or csv, or by -o json")
    old, new = report.versions_of(versions, coercion=not context.settings.no_coercion)
    files, ids = (
        [name for name in names if is_file_name(name)],
        [name for name in names if not is_file_name(name)],
    )
    documents = documents_of_files(context, files, exclude=exclude) if files else []
    documents += documents_of_engine(context, ids)
    found = [each for document in documents for each in upgrade_differences(document, old=old, new=new)]
    if format_ is None and not context.printer.for_readers:
        context.printer.rows(report.DIFFERENCES, [each.as_row() for each in report.worst_first(found)])
    elif format_ == "csv":
        context.printer.text(report.report_csv(found))
    else:
        for line in report.report_lines(found):
            context.printer.line(harmless(line))
    context.printer.note(report.report_summary(found, len(documents), old=old.version, new=new.version))
    if any(each.is_worse for each in found):
        return ExitStatus.INVALID
    return ExitStatus.WAIT_RAN_OUT if any(each.kind == UNKNOWN for each in found) else ExitStatus.DONE


@dataclass(frozen=True)
class _Check:
    """Documents that are for one version of the engine, and the files among them that cannot be read."""

    documents: Sequence[Document]
    assumed: LintAssumptions
    version: EngineVersion
    unreadable: Sequence[UnreadableTextError] = ()


def _files(context: Context, names: list[str], *, exclude: list[str] | None) -> _Check:
    files = [name for name in names if is_file_name(name)]
    unreadable: list[UnreadableTextError] = []
    documents = documents_of_files(context, files, exclude=exclude, unreadable=unreadable) if files else []
    version = context.offline_version()
    return _Check(documents, _assumed(context, version), version, unreadable)


def _ids(context: Context, names: list[str]) -> _Check:
    ids = [name for name in names if not is_file_name(name)]
    version = context.engine_version(only_get=True) if ids else context.offline_version()
    return _Check(list(documents_of_engine(context, ids)), _assumed(context, version), version)


def _all_on_engine(context: Context, *, asked: bool) -> list[str]:
    return [str(row["id"]) for row in context.engine.definitions()] if asked else []


def _assumed(context: Context, version: EngineVersion) -> LintAssumptions:
    from rochallor_cli.definitions.linting import LintAssumptions
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.engine_client.engine_version import said_version

    rules = engine_rules(version.assumed, coercion=not context.settings.no_coercion)
    return LintAssumptions(rules, is_given=said_version(context.settings) is not None)


def _findings(
    checks: Sequence[_Check], *, served: set[str] | None, disabled: Sequence[str], errors: Sequence[str]
) -> list[DocumentFinding]:
    from rochallor_cli.definitions.linting import lint_documents, unreadable_finding

    found = [unreadable_finding(error) for check in checks for error in check.unreadable]
    for check in checks:
        found += lint_documents(
            check.documents,
            check.assumed,
            served=served,
            disabled=disabled,
            errors=errors,
        )
    return found


def _verified(checks: Sequence[_Check], found: Sequence[DocumentFinding]) -> list[VerifiedDefinition]:
    """The documents that an engine takes, each searched to its end or to the bounds."""
    from rochallor_cli.verification.verifying import verified_document

    refused = {finding.file for finding in found if finding.is_refusal}
    taken = [(each, check) for check in checks for each in check.documents if each.source not in refused]
    searched = []
    for document, check in taken:
        # What is not known here has its finding already, and its exit status.
        with suppress(NotKnownError):
            searched.append(verified_document(document, check.assumed.rules))
    return searched


def _verified_findings(
    searched: Sequence[VerifiedDefinition], *, disabled: Sequence[str]
) -> list[DocumentFinding]:
    if not searched:
        return []
    from rochallor_cli.verification.verifying import verified_findings

    return [each for one in searched for each in verified_findings(one) if each.code not in disabled]


def _known_codes(option: str, codes: Sequence[str]) -> list[str]:
    """The codes of an option, in capitals; one that does not exist would change nothing, silently."""
    from rochallor_cli.definitions.problem_codes import PROBLEM_CODES

    for code in codes:
        if code.upper() not in PROBLEM_CODES:
            hint = did_you_mean(code.upper(), sorted(PROBLEM_CODES))
            raise UsageError(f"{option} {code}: there is no such code", hint=hint)
    return [code.upper() for code in codes]


def _show_findings(
    context: Context, found: list[DocumentFinding], *, format_: str | None, versions: Sequence[EngineVersion]
) -> None:
    from rochallor_cli.definitions.linting import summary

    if format_ is None and not context.printer.for_readers:
        context.printer.rows(FINDINGS, [finding.as_row() for finding in found])
        return
    if format_ in (None, "text"):
        for finding in found:
            context.printer.line(harmless(str(finding)))
    else:
        from rochallor_cli.definitions.lint_formats import FORMATS

        context.printer.text(FORMATS[format_](found))
    texts = dict.fromkeys(f"{version.assumed} ({version.how})" for version in versions)
    spoken = f" For engine version {', and '.join(texts)}." if texts else ""
    context.printer.note(f"{summary(found)}{spoken}")


def _no_files() -> list[str]:
    raise UsageError("name files, folders or ids to check, or a code with --explain")


def _job_types(modules: list[str]) -> set[str]:
    from rochallor_cli.handler_modules.loading import load_handlers

    # What a module prints while it is imported is no finding.
    with redirect_stdout(sys.stderr):
        return set(load_handlers(modules).registry.job_types())
