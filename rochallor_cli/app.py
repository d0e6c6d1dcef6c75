"""The root command: lazily loaded commands, and the one border where errors become text and exit status."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Annotated, TextIO

import typer
from typer.main import get_command
from typer.models import CommandInfo

from rochallor_cli.command_line.global_options import (
    INHERITED,
    command_words,
    group,
    stand_in,
    with_examples,
    with_global_options,
    with_options,
)
from rochallor_cli.command_line.interruptions import Interruptions
from rochallor_cli.command_names import COMMANDS, GROUP_EXAMPLES
from rochallor_cli.configuration.environment import Environment, is_terminal, silence, unwritable_text
from rochallor_cli.configuration.invocation import Invocation
from rochallor_cli.errors import CliError, InvalidDocumentError, OutputClosed
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.version import VERSION

# Typer's own complaints. Of its error classes only BadParameter has a public name in every version we take;
# those that it comes from are what all of them have in common.
TYPER_ERRORS = tuple(kind for kind in typer.BadParameter.__mro__ if kind not in Exception.__mro__)

# Columns. In less, panels cut the names of options; plain help puts what is long on lines of its own.
_PANELS_NEED = 80
# Typer's own bounds for plain help.
_NARROWEST, _WIDEST = 50, 78

ABOUT = """Worker host and admin tool of the Rochallor workflow engine.

\b
First steps:
  rochallor demo                     watch a workflow run, nothing else needed
  rochallor dev                      an embedded engine to play with
  rochallor doctor                   check settings and engine

Settings: option, then environment (ROCHALLOR_ENGINE_URL and so on), then context, then default.
"""


HELP_OPTIONS = ("-h", "--help")
# What a disk says that takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run(
    arguments: Sequence[str], environment: Environment, interruptions: Interruptions | None = None
) -> int:
    """Run one command line to its exit status; every error ends here."""
    invocation = Invocation(environment, arguments)
    try:
        if interruptions is not None:
            interruptions.begin()
        status = _invoke(arguments, invocation)
        with suppress(BrokenPipeError):
            environment.stdout.flush()
        return status
    except (BrokenPipeError, OutputClosed, SystemExit):
        # The last is Typer's way to end where the reader of a help is gone.
        return int(ExitStatus.DONE)
    except (KeyboardInterrupt, typer.Abort):
        return int(ExitStatus.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the border: every error becomes text and exit status
        return _reported(error, invocation)
    finally:
        _leave_no_output(environment.stdout)


def _leave_no_output(stdout: TextIO) -> None:
    """What cannot be written any more must not be tried again at the process's end."""
    try:
        stdout.flush()
    except OSError:
        silence(stdout)


def _reported(error: Exception, invocation: Invocation) -> int:
    from rochallor_cli.output.error_text import report, unexpected, usage_error

    if isinstance(error, CliError):
        return report(error, invocation)
    if isinstance(error, TYPER_ERRORS):
        return report(usage_error(error), invocation)
    if isinstance(error, OSError) and error.errno in _FULL:
        silence(invocation.environment.stdout)
        return report(CliError(unwritable_text(error)), invocation)
    if isinstance(error, RecursionError):
        deep = "a value is nested too deep to be read or shown"
        return report(InvalidDocumentError(deep), invocation)
    meaning = _meaning(error, invocation)
    return report(meaning, invocation) if meaning else unexpected(error, invocation)


def _meaning(error: Exception, invocation: Invocation) -> CliError | None:
    """What an error of the SDK means. The SDK is not imported for this: without it, it cannot be the SDK's."""
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "workflow_sdk":
        return _meaning_of_foreign_sdk()
    errors = sys.modules.get("workflow_sdk.errors")
    if errors is None or not isinstance(error, errors.WorkflowSDKError):
        return None
    from rochallor_cli.configuration.settings import Settings
    from rochallor_cli.engine_client.error_meaning import meaning

    return meaning(error, invocation.settings or Settings())


def _meaning_of_foreign_sdk() -> CliError | None:
    """Another distribution installs into the SDK's folder: what it overwrote or took away cannot be imported."""
    from rochallor_cli.sdk_check import require_our_sdk

    try:
        require_our_sdk()
    except CliError as refusal:
        return refusal
    return None


def _invoke(arguments: Sequence[str], invocation: Invocation) -> int:
    environment = invocation.environment
    colored = environment.may_color(environment.stdout, invocation.wish("color", "--color") or "auto")
    for_terminal = (colored or is_terminal(environment.stdout)) and environment.columns >= _PANELS_NEED
    if for_terminal and (not arguments or {*HELP_OPTIONS} & {*arguments}):
        from rochallor_cli.output.help_panels import load_panels

        load_panels(colored=colored)
    words = command_words(arguments)
    root = _parser(words, for_terminal=for_terminal, alone=_stands_alone(words, arguments))
    # Typer would load archives and compression to ask how wide the terminal is.
    width = max(min(environment.columns - 2, _WIDEST), _NARROWEST)
    result = root(
        list(arguments) or ["--help"],
        prog_name="rochallor",
        standalone_mode=False,
        obj=invocation,
        terminal_width=width,
    )
    return int(result or 0)


def _stands_alone(words: tuple[str | None, str | None], arguments: Sequence[str]) -> bool:
    """Whether the command line begins with its command: nobody comes to see the others then, nor gives options to the
    root or a group.
    """
    first, second = words
    within = COMMANDS.get(first or "", ("", {}))[1]
    named = [first, second] if within else [first]
    return named[-1] in (within or COMMANDS) and named == list(arguments[: len(named)])


@cache
def _parser(
    words: tuple[str | None, str | None], *, for_terminal: bool, alone: bool
) -> Callable[..., int | None]:
    """Made once of each kind: who runs many command lines in one process, as tests do, waits for it once."""
    return get_command(build(words, for_terminal=for_terminal, alone=alone))


def build(
    words: tuple[str | None, str | None],
    *,
    for_terminal: bool,
    everything: bool = False,
    alone: bool = False,
) -> typer.Typer:
    """The root with the real command that is asked for, and cheap stand-ins with static help for the rest.

    alone: without the rest, and without options before the command.
    """
    root = typer.Typer(
        help=ABOUT,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if for_terminal else None,
        context_settings={"help_option_names": list(HELP_OPTIONS)},
        no_args_is_help=True,
        epilog=INHERITED,
    )
    root.callback()(with_global_options(_root, opens_context=False, has_options=not alone))
    wanted, inner = words
    for name, (help_line, within) in COMMANDS.items():
        if alone and name != wanted:
            continue
        if not everything and name != wanted:
            root.command(name, help=help_line, short_help=help_line)(stand_in)
        elif not within:
            root.registered_commands.append(_command(name))
        else:
            app = _group(name, inner, everything=everything, alone=alone)
            text = with_examples(help_line, GROUP_EXAMPLES[name])
            root.add_typer(app, name=name, help=text, short_help=help_line, epilog=INHERITED)
    return root


def _group(name: str, wanted: str | None, *, everything: bool, alone: bool) -> typer.Typer:
    help_line, within = COMMANDS[name]
    app = group(help_line, has_options=not alone)
    for inner, inner_help in within.items():
        if everything or inner == wanted:
            app.registered_commands.append(_command(f"{name}.{inner}"))
        elif not alone:
            app.command(inner, help=inner_help, short_help=inner_help)(stand_in)
    return app


def _command(path: str) -> CommandInfo:
    """The command of a file in `commands/`, with the global options."""
    return with_options(import_module(f"rochallor_cli.commands.{path}").app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rochallor {VERSION}")
        raise typer.Exit


def _root(
    typer_context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Everything happens in the commands."""
