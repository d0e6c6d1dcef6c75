"""The global options, accepted before and after the command by one mechanism.

`with_global_options` adds them to the signature of the root, of every group and of every command; what is given
nearest to the command wins. A command's own function never sees them: it gets a Context.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.models import CommandInfo

from rochallor_cli.command_line.exclusive_options import Exclusive, refuse_together
from rochallor_cli.command_line.setting_options import option_of
from rochallor_cli.configuration.environment import is_terminal
from rochallor_cli.configuration.invocation import Invocation
from rochallor_cli.configuration.setting import LISTS
from rochallor_cli.configuration.settings import GLOBAL_SETTINGS
from rochallor_cli.errors import OutputClosed, UsageError
from rochallor_cli.garbage_collection import resume_collection

if TYPE_CHECKING:
    from rochallor_cli.output.columns import View

Function = TypeVar("Function", bound=Callable[..., Any])

PANEL = "Global options"
# In the help of each command, in place of the options themselves; `rochallor options` shows them.
INHERITED = "Options of every command (-o, --engine-url, ...): rochallor options"


GLOBAL_OPTIONS: Mapping[str, inspect.Parameter] = {
    name: option_of(setting._replace(panel=PANEL), name, hidden=True)
    for name, setting in GLOBAL_SETTINGS.items()
    if setting.flag
}
_WITH_VALUE = frozenset(
    spelling
    for setting in GLOBAL_SETTINGS.values()
    if setting.kind not in ("flag", "level")
    for spelling in (setting.flag, setting.short)
    if spelling
)


def command_words(arguments: Sequence[str]) -> tuple[str | None, str | None]:
    """The command of a command line, and the one within its group: the first two words that are no global option
    nor the value of one.
    """
    words: list[str | None] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in _WITH_VALUE:
            skip = True
        elif not argument.startswith("-"):
            words.append(argument)
    first, second, *_ = [*words, None, None]
    return first, second


def merged(weaker: Mapping[str, object], nearer: Mapping[str, object]) -> dict[str, object]:
    """What is given nearer to the command wins; headers add up, and so do -v."""
    result = dict(weaker)
    for name, value in nearer.items():
        if value is None or (value == 0 and not isinstance(value, bool)):
            continue
        kind = GLOBAL_SETTINGS[name].kind
        if kind in LISTS:
            value = [*_as_list(weaker.get(name)), *_as_list(value)]
        elif kind == "level":
            value = int(str(weaker.get(name, 0))) + int(str(value))
        result[name] = value
    return result


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def with_global_options(
    function: Callable[..., Any], *, opens_context: bool = True, has_options: bool = True
) -> Callable[..., Any]:
    """The function for Typer: its own parameters and the global options.

    A command's first parameter is its Context; a group's callback (opens_context=False) gets the Typer context.

    has_options: False where none of the global options stands on this part of the command line.
    """
    own = inspect.signature(function, eval_str=True)
    _context, *others = own.parameters.values()
    # A command's own option of the same name means something else: `dev --engine-version`.
    shadowed = {parameter.name for parameter in others}
    global_options = [
        option for name, option in GLOBAL_OPTIONS.items() if has_options and name not in shadowed
    ]

    def call(typer_context: typer.Context, **values: Any) -> Any:
        invocation: Invocation = typer_context.obj
        values = {name: _in_utf8(value) for name, value in values.items()}
        _refuse_unmeant(typer_context, values)
        given = {option.name: values.pop(option.name) for option in global_options}
        invocation.given = merged(invocation.given, given)
        if not opens_context:
            return function(typer_context, **values)
        refuse_together(
            typer_context,
            invocation.given,
            getattr(function, "exclusive", ()),
            has_names=getattr(function, "has_names", True),
        )
        return _run(function, invocation, values)

    parameters = [
        inspect.Parameter("typer_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in others),
        *global_options,
    ]
    return as_if(function, call, own.replace(parameters=parameters))


def _run(function: Callable[..., Any], invocation: Invocation, values: Mapping[str, Any]) -> Any:
    """Open the command's context and run it; a slip in --fields is said before."""
    # Settings, printer and what they need are loaded for commands that run, not for help.
    from rochallor_cli.command_line.context import Context

    view: View | None = getattr(function, "view", None)
    if not (getattr(function, "ends_unread", False) or invocation.environment.stdout_is_terminal):
        _go_on_unread(invocation)
    resume_collection()
    try:
        with Context(invocation, walks=getattr(function, "walks", False)) as context:
            if view is not None:
                view.check_fields(context.settings.fields)
            return function(context, **values)
    except BrokenPipeError as error:
        raise OutputClosed from error
    except KeyboardInterrupt as interruption:
        _end_line(invocation, str(interruption))
        raise


def _go_on_unread(invocation: Invocation) -> None:
    from rochallor_cli.configuration.unread_output import going_on_unread

    environment = invocation.environment
    invocation.environment = environment._replace(stdout=going_on_unread(environment.stdout))


def as_if(
    function: Callable[..., Any], call: Callable[..., Any], signature: inspect.Signature
) -> Callable[..., Any]:
    """The call, which passes for the function with another signature."""
    call.__wrapped__ = function  # type: ignore[attr-defined]
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    call.__doc__ = function.__doc__
    call.__name__ = function.__name__
    return call


# What arguments are, where their name alone does not say it.
_ARGUMENTS = {
    "instance": "the instance's id",
    "instances": "an instance's id",
    "definition": "the definition's id",
    "step": "the step's id",
    "files": "the name of a file",
}


# They are looked at where they are read, wherever they come from.
_CREDENTIALS = tuple(name for name, setting in GLOBAL_SETTINGS.items() if setting.is_secret)
_ENCODINGS = "does your script, or your terminal, write in another encoding?"


def _refuse_unmeant(typer_context: typer.Context, values: Mapping[str, Any]) -> None:
    """Raise UsageError for texts that nobody meant.

    Given but empty is a script's unset variable: as a filter it would choose everything, as a path the folder. Bytes
    that are no UTF-8 can name a file, and nothing else: no engine could be sent them.
    """
    for param in typer_context.command.params:
        value = values.get(param.name or "")
        given = value if isinstance(value, (list, tuple)) else [value]
        flag = next((name for name in param.opts if name.startswith("-")), None)
        what = flag or _ARGUMENTS.get(param.name or "", param.human_readable_name)
        for one in given:
            if not isinstance(one, str):
                continue
            if not one.strip():
                raise UsageError(f"{what} is empty", hint="is a variable of your script not set?")
            if param.name not in _CREDENTIALS and _is_no_text(one) and not _is_file(one):
                raise UsageError(f"{what} holds bytes that are no UTF-8", hint=_ENCODINGS)


def _in_utf8(value: Any) -> Any:
    """What was typed in UTF-8 under a locale that has none (`LC_ALL=C PYTHONUTF8=0`); a file keeps its name."""
    if isinstance(value, list):
        return [_in_utf8(one) for one in value]
    if not isinstance(value, str) or not _is_no_text(value) or _is_file(value):
        return value
    try:
        return os.fsencode(value).decode()
    except UnicodeError:
        return value


def _is_file(text: str) -> bool:
    return os.path.exists(text.removeprefix("@"))


def _is_no_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _end_line(invocation: Invocation, text: str) -> None:
    """After Ctrl-C: the prompt, or what there is to say, must not stand behind the terminal's `^C`."""
    stderr = invocation.environment.stderr
    if is_terminal(stderr):
        stderr.write("\n")
    if text and not (invocation.settings and invocation.settings.quiet):
        from rochallor_cli.output.text_width import harmless

        stderr.write(f"interrupted: {harmless(text)}\n")
    stderr.flush()


def command(
    app: typer.Typer,
    name: str,
    *,
    examples: tuple[str, ...],
    exclusive: Sequence[Exclusive] = (),
    view: View | None = None,
    walks: bool = False,
    ends_unread: bool = False,
    has_names: bool = True,
) -> Callable[[Function], Function]:
    """Register a command: its docstring is its help, the examples stand beneath it.

    Options that are `exclusive` are refused together. What it prints at the end is of `view`: a slip in --fields is
    said before anything is done.

    Where nothing that it prints `has_names`, -o name on the command line is refused.

    One that shows more and more `ends_unread`, with 0, when nobody reads its stdout any longer. All others come to
    their end without a reader, and their exit status says what came of it.

    A command that `walks` goes through many things, or waits, and takes as long as that takes. All others end within
    two request time-outs.

    Its global options come later, from `with_options`, and only to the command that is asked for.
    """

    def register(function: Function) -> Function:
        text = inspect.cleandoc(function.__doc__ or "")
        app.command(name, help=with_examples(text, examples), short_help=next(iter(text.splitlines()), ""))(
            function
        )
        function.exclusive = exclusive  # type: ignore[attr-defined]
        function.view = view  # type: ignore[attr-defined]
        function.walks = walks  # type: ignore[attr-defined]
        function.ends_unread = ends_unread  # type: ignore[attr-defined]
        function.has_names = has_names  # type: ignore[attr-defined]
        return function

    return register


def with_examples(text: str, examples: Sequence[str]) -> str:
    """A help text with examples beneath it, which keep their lines."""
    lines = "\n".join(f"  {example}" for example in examples)
    return f"{text}\n\n\b\nExamples:\n{lines}"


def group(help: str, *, has_options: bool = True) -> typer.Typer:  # noqa: A002 - Typer's own word
    """A group of commands that takes the global options and shows its help when no command follows."""
    app = typer.Typer(help=help, rich_markup_mode=None, add_completion=False, invoke_without_command=True)
    app.callback()(with_global_options(_show_help, opens_context=False, has_options=has_options))
    return app


def with_options(app: typer.Typer) -> CommandInfo:
    """The one command of a file, with the global options."""
    info = copy(app.registered_commands[0])
    assert info.callback is not None, "every command is a function"
    info.callback = with_global_options(info.callback)
    info.epilog = INHERITED
    return info


def stand_in() -> None:
    """Never called: the command that is asked for is always the real one. Making a command's options takes longer
    than all the rest of a short command, so the others are shown by their help alone.
    """


# Typer evaluates what is written there, four times for each command that there is.
stand_in.__annotations__ = {}


def _show_help(typer_context: typer.Context) -> None:
    if typer_context.invoked_subcommand is None:
        typer.echo(typer_context.get_help())
