"""`rochallor run`: try a definition with one command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Timeout, Var, Vars, seconds_from, variables_from
from rochallor_cli.documents.json_text import typed_object
from rochallor_cli.errors import UsageError
from rochallor_cli.output.views import INSTANCE

if TYPE_CHECKING:
    from rochallor_cli.definitions.uploads import Upload
    from rochallor_cli.instances.following import Ending
    from rochallor_cli.trial.definition_run import FlowPlan

app = typer.Typer()

# A reminder may lead back to a wait that nobody answers: a hundred rounds show that, and few flows have as many timers.
_MAX_TIMERS = 100
# A loop of jobs goes round as long as it is let: few instances enter as many steps.
_MAX_STEPS = 1_000
Replies = dict[str, list[dict[str, Any]]]


@command(
    app,
    "run",
    examples=(
        "rochallor run flow.yaml -m handlers.py --var amount=250",
        "rochallor run flow.yaml --stub score='{\"creditScore\": 720}' --task approve='{\"ok\": true}' --fast",
        "rochallor run flow.yaml --stub '*' --watch",
    ),
    view=INSTANCE,
    walks=True,
)
def run(
    context: Context,
    *,
    flow: Annotated[str, typer.Argument(help="A file or folder with the definition, or - .")],
    module: Annotated[
        list[str] | None,
        typer.Option(
            "--module", "-m", metavar="MODULE", help="Handlers that serve its job types; repeatable."
        ),
    ] = None,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    stub: Annotated[
        list[str] | None,
        typer.Option(
            "--stub",
            metavar="TYPE[=JSON]",
            help="What jobs of a type without handler return; '*' for all others; repeatable.",
        ),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="STEP[=JSON]",
            help="What a user task is completed with; again for the next time.",
        ),
    ] = None,
    signal: Annotated[
        list[str] | None,
        typer.Option(
            "--signal", metavar="STEP[=JSON]", help="What a WAIT is signalled with; again for the next time."
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Wait for no timer: when nothing else moves, the next one fires.")
    ] = False,
    max_timers: Annotated[
        int | None,
        typer.Option(
            "--max-timers",
            min=1,
            metavar="N",
            help=f"With --fast: give up, with exit status 10, where more would fire ({_MAX_TIMERS}).",
        ),
    ] = None,
    max_steps: Annotated[
        int,
        typer.Option(
            "--max-steps",
            min=1,
            metavar="N",
            help="Give up, with exit status 10, where it enters more steps.",
        ),
    ] = _MAX_STEPS,
    definition: Annotated[
        str | None,
        typer.Option("--definition", metavar="ID", help="Which one to run, where FLOW holds several."),
    ] = None,
    upload: Annotated[
        bool,
        typer.Option(
            "--upload", help="With --engine-url: upload under its own name, for everybody's workers."
        ),
    ] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="With --engine-url: leave an instance open that has not ended, to look at it."
        ),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run it again whenever a file is saved.")] = False,
    timeout: Timeout = None,
) -> int:
    """Try a definition: an embedded engine, a worker with these handlers, and an instance led to its end.

    Open user tasks and waits are answered by --task and --signal, or asked for on a terminal. The exit status is the
    outcome: 0 COMPLETED, 9 FAILED, 7 where nothing can move the instance any more, 10 where --timeout, --max-steps or
    --max-timers ended it. With --engine-url it runs on that engine: under a name and job types of its own, so that
    nobody else takes part, unless --upload says otherwise. An instance that has not ended when the run is over is
    cancelled there, unless --keep says otherwise.
    """
    if max_timers is not None and not fast:
        raise UsageError("--max-timers is for --fast, which waits for no timer")
    if watch:
        from rochallor_cli.trial.rerun_on_save import run_again

        return run_again(context, [flow, *(module or ())])
    from rochallor_cli.trial.definition_run import FlowPlan

    plan = FlowPlan(
        uploads=_uploads(context, flow, wanted=definition),
        modules=module or (),
        stubs={name: replies[-1] for name, replies in _replies(stub, "--stub").items()},
        replies={**_replies(task, "--task"), **_replies(signal, "--signal")},
        variables=variables_from(context, var=var, text=text, whole=variables),
        is_fast=fast,
        max_timers=max_timers or _MAX_TIMERS,
        max_steps=max_steps,
        timeout_s=seconds_from(timeout, "--timeout"),
        keeps=keep,
    )
    plan.require_known_steps()
    return _ended(context, _run(context, plan, is_upload=upload))


def _run(context: Context, plan: FlowPlan, *, is_upload: bool) -> Ending:
    from rochallor_cli.trial.definition_run import run_embedded, run_on

    is_named = context.settings.origins.get("engine_url", "").startswith("--engine-url")
    if not is_named:
        if is_upload:
            raise UsageError("--upload is for an engine that --engine-url names")
        if plan.keeps:
            raise UsageError("--keep is for an engine that --engine-url names")
        return run_embedded(context, plan)
    if plan.is_fast:
        raise UsageError(
            "--fast moves the clock of the embedded engine; that of --engine-url cannot be moved"
        )
    return run_on(context, plan, is_upload=is_upload)


def _ended(context: Context, ending: Ending) -> int:
    printer = context.printer
    if printer.for_readers:
        given = ending.instance.get("variables") or {}
        printer.line(f"variables  {printer.json_text(given, indent=None)}")
        printer.line(ending.text)
    elif printer.settings.output != "jsonl":
        printer.value(INSTANCE, ending.instance)
    return ending.status


def _uploads(context: Context, flow: str, *, wanted: str | None) -> list[Upload]:
    """The definitions of FLOW, the one to run first; the others are there for what follows it."""
    from rochallor_cli.definitions.linting import LintAssumptions, refusals
    from rochallor_cli.definitions.uploads import read_uploads, refusal
    from rochallor_cli.dev_engine import engine_rules

    uploads = read_uploads([flow], context.environment.stdin)
    rules = engine_rules(context.offline_version().assumed)
    for one in uploads:
        if found := refusals(one.document, LintAssumptions(rules)):
            raise refusal(one.document, found)
    started = {str(one.definition.get("nextWorkflowId")) for one in uploads}
    heads = [one for one in uploads if one.id not in started] or uploads
    chosen = [one for one in uploads if one.id == wanted] if wanted else heads
    if len(chosen) != 1:
        ids = ", ".join(one.id for one in uploads)
        if wanted:
            raise UsageError(f"--definition {wanted}: {flow} holds {ids}")
        raise UsageError(f"{flow} holds {ids}", hint="--definition says which one to run")
    return [chosen[0], *(one for one in uploads if one is not chosen[0])]


def _replies(pairs: Sequence[str] | None, flag: str) -> Replies:
    """By name: the objects given for it, in their order; without one an empty object."""
    found: Replies = {}
    for pair in pairs or ():
        name, _, text = pair.partition("=")
        if not name:
            raise UsageError(f"{flag} {pair!r}: write {flag} NAME='{{\"key\": value}}'")
        given = typed_object(text, place=f"{flag} {name}", hint="quote it for the shell: '{\"key\": 1}'")
        found.setdefault(name, []).append(given)
    return found
