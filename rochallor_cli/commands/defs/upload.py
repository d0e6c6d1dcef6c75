"""`rochallor defs upload`: store definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.definition_sources import Exclude, say_passed_over
from rochallor_cli.commands.inputs import Yes
from rochallor_cli.counting import count_text
from rochallor_cli.definitions.files import Folders
from rochallor_cli.definitions.uploads import (
    NOT_LATEST,
    Upload,
    not_sent,
    read_uploads,
    refusal,
    rehearse,
    send,
)
from rochallor_cli.engine_client.engine_version import KNOWN
from rochallor_cli.errors import CliError, ConflictError, Interrupted, InvalidDocumentError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.views import UPLOADS

if TYPE_CHECKING:
    from rochallor_cli.definitions.finding import DocumentFinding
    from rochallor_cli.dev_engine import EngineRules
    from rochallor_cli.engine_client.engine_version import EngineVersion

app = typer.Typer()


@command(
    app,
    "upload",
    examples=(
        "rochallor defs upload flow.yaml",
        "rochallor defs upload flows/ --dry-run",
        "generate-flow | rochallor defs upload -",
    ),
    view=UPLOADS,
    walks=True,
)
def upload(
    context: Context,
    *,
    files: Annotated[
        list[str],
        typer.Argument(help="Files, folders or - ; JSON or YAML, several documents."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; send nothing.")] = False,
    new: Annotated[
        bool,
        typer.Option(
            "--as-new",
            help="Mark the metadata of what would not become the latest, so that it becomes a new version.",
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Send nothing where defs verify finds something, or comes to its bounds."
        ),
    ] = False,
    exclude: Exclude = None,
    yes: Yes = False,
) -> int:
    """Upload definitions, and say what came of each: created, unchanged, or not the latest.

    Nothing is sent before every document was checked by the engine's rules as far as they are known here (exit status
    3). Where the engine itself refuses one, which is exit status 4, those before it are stored, and the table says what
    became of each. The engine answers a text that it knows with the old version and keeps the latest: reverting
    a file does not roll back. That is exit status 7; --as-new rolls back.
    """
    folders = Folders(tuple(exclude or ()))
    uploads = read_uploads(files, context.environment.stdin, folders=folders)
    say_passed_over(context, folders)
    # A rehearsal tells what this engine would answer; an upload is refused here only where every version would.
    version = context.engine_version(only_get=True) if dry_run else context.offline_version()
    rules = _rules(context, version)
    found = _checked(context, uploads, rules, is_sure=dry_run and version.assumed != KNOWN[-1])
    if verify:
        _require_verified(uploads, rules)
    if not dry_run:
        what = count_text(len(uploads), "definition")
        context.confirm_if_protected(f"Upload {what} to {context.settings.where}?", yes=yes)
    moment = context.environment.now().isoformat(timespec="seconds") if new else None
    if dry_run:
        rows = _rehearsed(context, uploads, version, is_as_new=new)
    else:
        rows = _sent(context, uploads, moment)
    _say_what_lint_says(context, found)
    older = [row for row in rows if row["result"] == NOT_LATEST]
    if older:
        raise _not_latest(older, dry_run=dry_run)
    return ExitStatus.DONE


def _rules(context: Context, version: EngineVersion) -> EngineRules:
    from rochallor_cli.dev_engine import engine_rules

    return engine_rules(version.assumed, coercion=not context.settings.no_coercion)


def _checked(
    context: Context, uploads: list[Upload], rules: EngineRules, *, is_sure: bool
) -> list[DocumentFinding]:
    """What lint says of them; raises where the engine would refuse one, before anything is sent.

    is_sure: the engine surely knows no more than these rules.
    """
    from rochallor_cli.definitions.linting import LintAssumptions, lint_documents

    found = lint_documents([one.document for one in uploads], LintAssumptions(rules, is_given=is_sure))
    refused = {finding.file for finding in found if finding.is_refusal}
    if not refused:
        return found
    rows = [not_sent(one, "refused" if one.document.source in refused else "not sent") for one in uploads]
    if len(rows) > 1:
        context.printer.rows(UPLOADS, rows)
    first = next(one for one in uploads if one.document.source in refused)
    error = refusal(
        first.document,
        [finding for finding in found if finding.is_refusal and finding.file == first.document.source],
    )
    more = (
        f"; {count_text(len(refused) - 1, 'more file')} refused, see `rochallor defs lint`"
        if len(refused) > 1
        else ""
    )
    hint = f"nothing was sent; checked for engine version {rules.version}{more}" + (
        f"; {error.hint}" if error.hint else ""
    )
    raise InvalidDocumentError(error.message, details=error.details, hint=hint)


def _require_verified(uploads: list[Upload], rules: EngineRules) -> None:
    """Raises InvalidDocumentError for what some order of events leads to, WaitRanOutError where a search was cut."""
    from rochallor_cli.verification.verifying import require_searched, verified_document, verified_findings

    searched = [verified_document(one.document, rules) for one in uploads]
    found = [each for one in searched for each in verified_findings(one) if each.severity == "error"]
    if found:
        lines = [str(each) for each in found]
        message = lines[0] if len(lines) == 1 else f"{count_text(len(lines), 'finding')} of verification"
        hint = "nothing was sent; `rochallor defs verify` shows the runs"
        raise InvalidDocumentError(message, details=lines if len(lines) > 1 else (), hint=hint)
    require_searched(searched)


def _sent(context: Context, uploads: list[Upload], moment: str | None) -> list[dict[str, Any]]:
    """Send one after the other; what was done before an error is said as well."""
    from rochallor_cli.output.progress import working

    rows: list[dict[str, Any]] = []
    shown = rows
    try:
        with working(
            context.environment, "uploading", total=len(uploads), quiet=context.settings.quiet
        ) as progress:
            for one in uploads:
                progress.text = f"uploading {one.id}"
                rows.append(send(context.engine, one, as_new_at=moment))
                progress.done += 1
    except KeyboardInterrupt:
        shown = _with_rest(rows, uploads, "not sent")
        raise Interrupted(f"{len(rows):,} of {count_text(len(uploads), 'definition')} uploaded") from None
    except Exception as error:
        shown = _with_rest(rows, uploads, "refused")
        raise _refused(context, error, uploads[len(rows)], sent=len(rows)) from error
    finally:
        if shown and (rows or len(shown) > 1):
            context.printer.rows(UPLOADS, shown)
    return rows


def _with_rest(rows: list[dict[str, Any]], uploads: list[Upload], result: str) -> list[dict[str, Any]]:
    """What was sent, the one at which it ended, and those that were not sent any more."""
    at, *rest = uploads[len(rows) :]
    return [*rows, not_sent(at, result), *(not_sent(one, "not sent") for one in rest)]


def _refused(context: Context, error: Exception, upload: Upload, *, sent: int) -> Exception:
    """The error with the file that it is about, and what was stored before."""
    from rochallor_cli.definitions.linting import at_named_step
    from rochallor_cli.engine_client.error_meaning import meaning
    from workflow_sdk.errors import WorkflowSDKError

    meant = meaning(error, context.settings) if isinstance(error, WorkflowSDKError) else error
    if not isinstance(meant, CliError):
        return error
    document = upload.document
    message = meant.message if document.source in meant.message else at_named_step(document, meant.message)
    stored = f"{count_text(sent, 'definition')} before it stored, none after it" if sent else ""
    hint = "; ".join(part for part in (meant.hint, stored) if part) or None
    return type(meant)(message, details=meant.details, hint=hint, exit_status=meant.exit_status)


def _say_what_lint_says(context: Context, found: list[DocumentFinding]) -> None:
    if not found:
        return
    final = sum(finding.severity == "error" for finding in found)
    parts = [
        f"{count_text(final, 'problem')} that will stop instances" if final else "",
        count_text(len(found) - final, "warning") if len(found) > final else "",
    ]
    says = " and ".join(part for part in parts if part)
    context.printer.note(f"{says}: `rochallor defs lint` says what")


def _rehearsed(
    context: Context, uploads: list[Upload], version: EngineVersion, *, is_as_new: bool
) -> list[dict[str, Any]]:
    rows = [rehearse(context.engine, one, is_as_new=is_as_new) for one in uploads]
    context.printer.rows(UPLOADS, rows)
    context.printer.note(
        f"dry run: nothing was sent; checked by the rules of version {version.assumed}, for the engine is "
        f"{version.text} ({version.how})"
    )
    return rows


def _not_latest(rows: list[dict[str, Any]], *, dry_run: bool) -> ConflictError:
    first = rows[0]
    would = "would be stored" if dry_run else "stored"
    message = f"{first['id']} {would} as v{first['version']}, but v{first['latest']} stays the latest"
    if len(rows) > 1:
        message += f", and {len(rows) - 1} more like it"
    return ConflictError(message, hint="the text is an older one; --as-new makes it the latest again")
