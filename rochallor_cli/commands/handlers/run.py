"""`rochallor handlers run`: one handler on one job, without an engine."""

from __future__ import annotations

from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, variables_from
from rochallor_cli.documents.reading import read_document
from rochallor_cli.errors import InvalidDocumentError, NotFoundError, UsageError, did_you_mean
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from workflow_sdk.handler.registry import HandlerRegistry


app = typer.Typer()


@command(
    app,
    "run",
    has_names=False,
    examples=(
        "rochallor handlers run credit-score --module handlers.py --var applicantId=A-001",
        "rochallor handlers run credit-score --module handlers.py --job job.json",
    ),
    walks=True,
)
def run(
    context: Context,
    *,
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="The job type.")],
    module: Annotated[
        list[str],
        typer.Option(
            "--module", "-m", metavar="MODULE", help="Where the handlers are, as for `rochallor work`."
        ),
    ],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    job: Annotated[
        str | None,
        typer.Option("--job", metavar="FILE", help="A whole job, as the engine hands it out."),
    ] = None,
) -> int:
    """Run one handler on one job, without an engine, and print its outcome as JSON.

    Exit status 9 if the handler failed. What the handler prints goes to stderr.
    """
    item = _job_from(context, job) if job else {}
    given = variables_from(context, var=var, text=text, whole=variables)
    item["variables"] = {**(item.get("variables") or {}), **given}
    with redirect_stdout(context.environment.stderr):
        from rochallor_cli.handler_modules.loading import load_handlers
        from rochallor_cli.trial.one_job import run_once

        registry = load_handlers(module).registry
        handler = registry.find(job_type)
        if handler is None:
            raise _no_handler(registry, job_type)
        trial = run_once(registry, handler, item)
    if trial.traceback:
        context.printer.note("\n".join(trial.traceback))
    context.printer.document(trial.outcome)
    return ExitStatus.DONE if trial.completed else ExitStatus.FAILED


def _job_from(context: Context, name: str) -> dict[str, Any]:
    value = read_document(name, context.environment.stdin).value
    if not isinstance(value, dict):
        raise InvalidDocumentError(f"{name}: a job is an object", hint='write {"variables": {…}}')
    if not isinstance(value.get("variables") or {}, dict):
        raise UsageError(f"{name}: variables is no object")
    return dict(value)


def _no_handler(registry: HandlerRegistry, job_type: str) -> NotFoundError:
    known = registry.job_types()
    hint = did_you_mean(job_type, known) or f"there are: {', '.join(known)}"
    return NotFoundError(f"no handler for job type {job_type!r}", hint=hint)
