"""What a command raises when it cannot do what it was asked to.

CliError
├── UsageError               2  the command line or a setting
├── InvalidDocumentError     3  a definition, variables, workers.yaml, handlers
├── EngineRefusedError       4
├── EngineAwayError          5
├── NotFoundError            6
├── ConflictError            7
├── NotAuthorisedError       8
└── WaitRanOutError         10
"""

from __future__ import annotations

from collections.abc import Sequence

from rochallor_cli.exit_status import ExitStatus


class CliError(Exception):
    """Something the user can act on: what was wrong, where, and what to do next.

    `message` says what and where in one line, `hint` what to do; `details` are further lines where there are
    several problems of one kind (each problem of a document). Nobody prints these but the error boundary.
    """

    exit_status = ExitStatus.UNEXPECTED

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        details: Sequence[str] = (),
        exit_status: ExitStatus | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)
        if exit_status is not None:
            self.exit_status = exit_status


class UsageError(CliError):
    exit_status = ExitStatus.USAGE


class InvalidDocumentError(CliError):
    exit_status = ExitStatus.INVALID


class UnreadableTextError(InvalidDocumentError):
    """A text that is no document: what is wrong where. line, column: from 1; 0 where nobody knows."""

    def __init__(
        self, source: str, problem: str, *, line: int = 0, column: int = 0, hint: str | None = None
    ) -> None:
        place = ":".join(str(part) for part in (source, line, column) if part)
        super().__init__(f"{place}: {problem}", hint=hint)
        self.source = source
        self.problem = problem
        self.line = line
        self.column = column


class NotKnownError(CliError):
    """Only a newer rochallor may know what this is about."""

    exit_status = ExitStatus.NOT_KNOWN


class EngineRefusedError(CliError):
    exit_status = ExitStatus.REFUSED


class EngineAwayError(CliError):
    exit_status = ExitStatus.UNREACHABLE


class NotFoundError(CliError):
    exit_status = ExitStatus.NOT_FOUND


class ConflictError(CliError):
    exit_status = ExitStatus.CONFLICT


class NotAuthorisedError(CliError):
    exit_status = ExitStatus.NOT_AUTHORISED


class WaitRanOutError(CliError):
    exit_status = ExitStatus.WAIT_RAN_OUT


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what has become of what was under way: `rochallor` ends, the engine goes on."""


class OutputClosed(Exception):  # noqa: N818 - no error: whoever read our output has seen enough
    """Stdout was closed by its reader, as `head` does. Apart from OSError, which Typer ends the process for."""


class StopRequested(BaseException):
    """Stop was asked for while handlers were imported. No Exception: the imported code must not swallow it."""


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """A hint naming the nearest of the known words, or None where nothing is near."""
    # Imported here: only mistakes need it, and every command starts with this module.
    from difflib import get_close_matches

    nearest = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {nearest[0]}?" if nearest else None


class ShortageError(CliError):
    """The system has no thread to give. It may have one in a while: a start later on is worth a try."""

    exit_status = ExitStatus.FAILED

    def __init__(self, what: str, error: Exception) -> None:
        super().__init__(
            f"{what}: {error}", hint="`ulimit -u` and the container's pids limit say how many there may be"
        )


def is_shortage(error: BaseException) -> bool:
    """Whether no thread was to be had: Python has no type of its own for that."""
    return isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
