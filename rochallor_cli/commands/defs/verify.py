"""`rochallor defs verify`: search all that can happen to an instance, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as replaced
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.definition_sources import (
    Exclude,
    documents_of_engine,
    documents_of_files,
    is_file_name,
)
from rochallor_cli.commands.inputs import Var, seconds_from, variables_from
from rochallor_cli.documents.document import Document
from rochallor_cli.errors import CliError, InvalidDocumentError, NotKnownError, UsageError
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.dev_engine import EngineRules
    from rochallor_cli.engine_client.engine_version import EngineVersion
    from rochallor_cli.verification.report import VerifiedDefinition
    from rochallor_cli.verification.search import SearchBounds

app = typer.Typer()

_FAIL_ON = ("some-order", "possible")


@command(
    app,
    "verify",
    examples=(
        "rochallor defs verify flow.yaml",
        "rochallor defs verify flows/ --engine-version 1.1.0 -o json",
        "rochallor defs verify flow.yaml --suggest",
        "rochallor defs verify flow.yaml --var amount=250 --fail-on possible --replay",
    ),
    walks=True,
)
def verify(
    context: Context,
    *,
    definitions: Annotated[list[str], typer.Argument(help="Files, folders, - , or ids on the engine.")],
    var: Var = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="NAME=VALUE",
            help="A variable that nobody but the workflow changes; repeatable.",
        ),
    ] = None,
    exclude: Exclude = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="some-order|possible",
            help="From which grade on a finding makes the command fail.",
        ),
    ] = "some-order",
    max_states: Annotated[
        int, typer.Option("--max-states", min=1, metavar="N", help="Situations of one definition at most.")
    ] = 20_000,
    max_time: Annotated[
        str,
        typer.Option(
            "--max-time", metavar="DURATION", help="Time for one definition at most: 30s, 2m, or seconds."
        ),
    ] = "30s",
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest", help="Offer a definition that is verified clean where joins count wrongly."
        ),
    ] = False,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="Play each run on the embedded engine, and on the one that --engine-url names."
        ),
    ] = False,
) -> int:
    """Search everything that can happen to an instance of a definition, in every order.

    Finds instances that stay where they are for ever, steps that run twice, ENDs with work left and more, each with
    the shortest run that shows it. Exit status 3 for findings, 10 when it was not searched to the end, 13 when all
    was but for what is not known here.
    """
    if fail_on not in _FAIL_ON:
        raise UsageError(f"--fail-on {fail_on!r} is neither {' nor '.join(_FAIL_ON)}")
    from rochallor_cli.verification.search import SearchBounds
    from rochallor_cli.verification.verifying import verified_document

    bounds = SearchBounds(max_states=max_states, max_seconds=seconds_from(max_time, "--max-time") or 0.0)
    search = partial(
        verified_document,
        variables=variables_from(context, var=var, text=None, whole=None),
        assumed=variables_from(context, var=assume, text=None, whole=None),
        bounds=bounds,
    )
    documents = [one for name in definitions for one in _documents(context, name, exclude)]
    verified, refused = _searched(documents, search)
    if refused and not verified:
        raise _first(refused)
    if suggest:
        verified = [_with_suggestion(each, bounds) for each in verified]
    _show(context, verified)
    if replay:
        _replay(context, verified)
    if refused:
        raise _first(refused)
    return _status(verified, fail_on)


def _searched(
    documents: list[tuple[Document, EngineRules, bool]], search: Callable[..., VerifiedDefinition]
) -> tuple[list[VerifiedDefinition], list[CliError]]:
    """What was found, and why the others cannot be searched: none keeps the rest from it."""
    verified: list[VerifiedDefinition] = []
    refused: list[CliError] = []
    for document, rules, is_stored in documents:
        try:
            verified.append(search(document, rules, is_stored=is_stored))
        except (InvalidDocumentError, NotKnownError) as error:
            refused.append(error)
    return verified, refused


def _first(refused: list[CliError]) -> CliError:
    """The worst of what cannot be searched; one refused by every engine comes before one that a newer may take."""
    worst = min(refused, key=lambda error: isinstance(error, NotKnownError))
    worst.details += tuple(error.message for error in refused if error is not worst)
    return worst


def _documents(
    context: Context, name: str, exclude: list[str] | None
) -> list[tuple[Document, EngineRules, bool]]:
    """What is to be verified, each with the rules of the engine that it is for, and whether an engine has it."""
    if is_file_name(name):
        rules = _rules(context, context.offline_version())
        return [(document, rules, False) for document in documents_of_files(context, [name], exclude=exclude)]
    found = list(documents_of_engine(context, [name]))
    rules = _rules(context, context.engine_version(only_get=True))
    return [(document, rules, True) for document in found]


def _rules(context: Context, version: EngineVersion) -> EngineRules:
    from rochallor_cli.dev_engine import engine_rules

    return engine_rules(version.assumed, coercion=not context.settings.no_coercion)


def _with_suggestion(verified: VerifiedDefinition, bounds: SearchBounds) -> VerifiedDefinition:
    from rochallor_cli.verification.join_rewrites import suggestion_for

    return replaced(verified, suggestion=suggestion_for(verified, verified.found.definition.rules, bounds))


def _show(context: Context, verified: list[VerifiedDefinition]) -> None:
    printer = context.printer
    if not printer.for_readers:
        printer.document([each.as_json() for each in verified], name="id")
        return
    for each in verified:
        for line in each.lines():
            printer.line(line)
        printer.line(each.summary())
        if each.suggestion is not None:
            printer.line(f"suggested, and verified clean: {each.suggestion.text}")
            printer.text(printer.yaml_text(dict(each.suggestion.definition)))
    assumptions = dict.fromkeys(text for each in verified for text in each.assumptions)
    printer.note("Assumed: " + "; ".join(assumptions) + ".")


def _replay(context: Context, verified: list[VerifiedDefinition]) -> None:
    from rochallor_cli.verification.replay import replay_embedded, replay_on

    # An engine is written to only where this very command line names it.
    named = context.settings.origins.get("engine_url", "").startswith("--engine-url")
    for each in verified:
        if each.unsearched:
            context.printer.note(f"{each.document.source} is not played: part of it is not known here")
            continue
        rules, document = each.found.definition.rules, each.document.value
        for finding, trace in each.findings:
            if not trace:
                continue
            name = f"Replay of {finding.code} at {finding.step}"
            embedded = partial(
                replay_embedded, document, trace, version=rules.version, coercion=rules.coercion
            )
            context.printer.note(f"{name}: {_played(embedded)}")
            if named:
                theirs = _played(partial(replay_on, context.engine.client, document, trace))
                context.printer.note(f"{name}, on {context.settings.where}: {theirs}")


def _played(play: Callable[[], str]) -> str:
    from rochallor_cli.verification.replay import NotPlayable

    try:
        return play() or "the engine does the same"
    except NotPlayable as reason:
        return f"not played: {reason}"


def _status(verified: list[VerifiedDefinition], fail_on: str) -> ExitStatus:
    counted = {"always", "some-order", *(("possible",) if fail_on == "possible" else ())}
    if any(str(finding.grade) in counted for each in verified for finding, _ in each.findings):
        return ExitStatus.INVALID
    if not all(each.found.is_complete for each in verified):
        return ExitStatus.WAIT_RAN_OUT
    if not all(each.is_complete for each in verified):
        return ExitStatus.NOT_KNOWN
    return ExitStatus.DONE
