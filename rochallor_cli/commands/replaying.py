"""Runs that `rochallor defs verify -o json` has found, read from its output to be played on an engine of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.definitions.files import read_definition
from rochallor_cli.documents.json_text import load_json
from rochallor_cli.documents.reading import read_text
from rochallor_cli.errors import InvalidDocumentError

if TYPE_CHECKING:
    from rochallor_cli.dev_engine import DevEngine
    from rochallor_cli.verification.traces import TraceEvent

_HINT = "rochallor defs verify FILE -o json > found.json writes what can be played"


@dataclass(frozen=True)
class FoundRun:
    """A run that shows a finding; `title` is the finding in a few words."""

    title: str
    definition: Mapping[str, Any]
    version: str
    trace: Sequence[TraceEvent]


def found_runs(context: Context, name: str) -> list[FoundRun]:
    """The runs in what `defs verify -o json` has printed. InvalidDocumentError where there are none.

    Definitions are read again from their files, which are found from where the command is run.
    """
    source, text = read_text(name, context.environment.stdin)
    try:
        verified = load_json(text)
        listed = verified if isinstance(verified, list) else [verified]
        runs = [run for each in listed for run in _runs(context, each)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidDocumentError(f"{source}: not what `defs verify -o json` prints", hint=_HINT) from error
    if not runs:
        raise InvalidDocumentError(
            f"{source}: nothing was found in it, so there is no run to play", hint=_HINT
        )
    return runs


def _runs(context: Context, verified: Mapping[str, Any]) -> Iterator[FoundRun]:
    from rochallor_cli.verification.traces import TraceEvent

    findings = [finding for finding in verified["findings"] if finding["trace"]]
    if not findings:
        return
    definition = read_definition(str(verified["file"]), context.environment.stdin).value
    for finding in findings:
        trace = [TraceEvent.from_json(event) for event in finding["trace"]]
        yield FoundRun(f"{finding['code']} at {finding['step']}", definition, str(verified["version"]), trace)


def play(context: Context, engine: DevEngine, runs: Sequence[FoundRun]) -> None:
    """Play each on the engine, under its definition's own id, and say which instance stands where it leads."""
    from rochallor_cli.verification.replay import NotPlayable, Replay
    from workflow_sdk.client.rest import RestEngineClient

    with RestEngineClient(engine.url) as client:
        for run in runs:
            replay = Replay(client, run.definition, wait=engine.advance, as_written=True)
            try:
                differs = replay.play(run.trace)
            except NotPlayable as reason:
                context.printer.warn(f"{run.title} is not played: {reason}")
                continue
            if differs:
                context.printer.warn(f"{run.title}: {differs}")
            context.printer.note(f"Played    {run.title}  instance {replay.instance_id}")
