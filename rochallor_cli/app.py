"""The root command: lazily loaded commands, and the one border where errors become text and exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from rochallor_cli.command_names import COMMANDS, first_word
from rochallor_cli.context import Invocation
from rochallor_cli.environment import Environment, is_terminal
from rochallor_cli.error_text import report, unexpected, usage_error
from rochallor_cli.errors import CliError, OutputClosed
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.global_options import with_global_options
from rochallor_cli.settings import Settings
from rochallor_cli.version import VERSION

ABOUT = """Worker host and admin tool of the Rochallor workflow engine.

\b
First steps:
  rochallor demo                     watch a workflow run, nothing else needed
  rochallor dev                      an embedded engine to play with
  rochallor doctor                   check settings and engine

Settings: option, then environment (ROCHALLOR_ENGINE_URL and so on), then context, then default.
"""


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Run one command line to its exit status; every error ends here."""
    invocation = Invocation(environment, arguments)
    try:
        status = _invoke(arguments, invocation)
        environment.stdout.flush()
    except (BrokenPipeError, OutputClosed):
        _silence(environment)
        status = int(ExitStatus.DONE)
    except KeyboardInterrupt:
        status = int(ExitStatus.INTERRUPTED)
    except CliError as error:
        status = report(error, invocation)
    except typer.TyperException as error:
        status = report(usage_error(error), invocation)
    except typer.Abort:
        status = int(ExitStatus.INTERRUPTED)
    except OSError as error:
        status = report(CliError(str(error)), invocation)
        _silence(environment)
    except Exception as error:  # noqa: BLE001 - the border: what is no error of the SDK is a bug to report
        known = _meaning(error, invocation)
        status = report(known, invocation) if known else unexpected(error, invocation)
    return status


def _meaning(error: Exception, invocation: Invocation) -> CliError | None:
    """What an error of the SDK means. The SDK is not imported for this: without it, it cannot be the SDK's."""
    errors = sys.modules.get("workflow_sdk.errors")
    if errors is None or not isinstance(error, errors.WorkflowSDKError):
        return None
    from rochallor_cli.engine_errors import meaning

    return meaning(error, invocation.settings or Settings())


def _invoke(arguments: Sequence[str], invocation: Invocation) -> int:
    hook = sys.excepthook
    root = build(first_word(list(arguments)), for_terminal=is_terminal(invocation.environment.stdout))
    try:
        result = root(
            list(arguments) or ["--help"], prog_name="rochallor", standalone_mode=False, obj=invocation
        )
    finally:
        # Typer puts a hook of its own in place, for pretty tracebacks that nobody here wants.
        sys.excepthook = hook
    return int(result or 0)


def build(word: str | None, *, for_terminal: bool, everything: bool = False) -> typer.Typer:
    """The root with the real module of the command asked for, and cheap stand-ins with static help for the rest."""
    root = typer.Typer(
        help=ABOUT,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if for_terminal else None,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
    )
    root.callback()(with_global_options(_root, opens_context=False))
    for name, (help_line, is_group) in COMMANDS.items():
        if everything or name == word:
            _add(root, name, import_module(f"rochallor_cli.commands.{name}").app, is_group=is_group)
        else:
            root.command(name, help=help_line)(_stand_in)
    return root


def _add(root: typer.Typer, name: str, app: typer.Typer, *, is_group: bool) -> None:
    if is_group:
        root.add_typer(app, name=name, help=COMMANDS[name][0])
    else:
        root.registered_commands.extend(app.registered_commands)


def _stand_in() -> None:
    """Never called: the command that is asked for is always the real one."""


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


def _silence(environment: Environment) -> None:
    """Whoever read our output is gone: nothing more to say, not even on exit."""
    import os

    try:
        descriptor = environment.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
