"""Errors as people and scripts see them: message and hint on stderr, a JSON object with -o json."""

from __future__ import annotations

import traceback
from contextlib import suppress

from rochallor_cli.configuration.invocation import Invocation
from rochallor_cli.configuration.masking import masked
from rochallor_cli.errors import CliError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.styles import paint
from rochallor_cli.output.text_width import harmless, harmless_lines

_JSON = ("json", "jsonl")


def report(error: CliError, invocation: Invocation) -> int:
    """Write the error where the user looks for it; returns the exit status."""
    environment = invocation.environment
    error = _without_secrets(error, invocation)
    if invocation.wish("output", "--output", "-o") in _JSON:
        import json

        text = json.dumps(as_object(error))
    else:
        wish = invocation.wish("color", "--color") or "auto"
        text = "\n".join(_lines(error, colored=environment.may_color(environment.stderr, wish)))
    with suppress(OSError):
        environment.stdout.flush()
    with suppress(OSError):
        environment.stderr.write(text + "\n")
        environment.stderr.flush()
    return int(error.exit_status)


def _without_secrets(error: CliError, invocation: Invocation) -> CliError:
    secrets = invocation.secrets
    return CliError(
        masked(error.message, secrets),
        hint=None if error.hint is None else masked(error.hint, secrets),
        details=[masked(detail, secrets) for detail in error.details],
        exit_status=error.exit_status,
    )


def as_object(error: CliError) -> dict[str, object]:
    """The error for -o json: one object with `error`, `hint`, `details`, `exitStatus`."""
    found: dict[str, object] = {"error": error.message, "exitStatus": int(error.exit_status)}
    if error.hint:
        found["hint"] = error.hint
    if error.details:
        found["details"] = list(error.details)
    return found


def _lines(error: CliError, *, colored: bool) -> list[str]:
    lines = [f"{paint('error:', 'red', colored=colored)} {harmless(error.message)}"]
    lines += [f"  {harmless(detail)}" for detail in error.details]
    if error.hint:
        lines.append(f"{paint('hint:', 'accent', colored=colored)}  {harmless(error.hint)}")
    return lines


def usage_error(error: Exception) -> UsageError:
    """Typer's complaint in our words: one line, and how to see the help of the command it was about."""
    text = getattr(error, "format_message", lambda: str(error))()
    text = (
        text.replace(" int range", " whole number")
        .split(" (Possible options")[0]
        .strip()
        .rstrip(".")
        .replace("\n", " ")
    )
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rochallor"
    near = [str(option) for option in getattr(error, "possibilities", None) or ()]
    hint = f"did you mean {near[0]}?" if near else f"{path} --help"
    return UsageError(text[:1].lower() + text[1:], hint=hint)


def unexpected(error: Exception, invocation: Invocation) -> int:
    """A bug of ours: say so, ask for a report, and show the traceback to those who asked with -v."""
    stderr = invocation.environment.stderr
    if invocation.given.get("verbosity") or {"-v", "-vv", "--verbose"} & set(invocation.arguments):
        text = "".join(traceback.format_exception(error))
        stderr.write(harmless_lines(masked(text, invocation.secrets)))
    bug = CliError(
        f"unexpected {type(error).__name__}: {error}",
        hint="this is a bug; please report it with what `-v` prints and `rochallor --version`",
        exit_status=ExitStatus.UNEXPECTED,
    )
    return report(bug, invocation)
