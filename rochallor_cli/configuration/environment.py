"""The outside world as one object: streams, variables, clock. Tests hand in another one instead of patching."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Self, TextIO

_COLUMNS_UNKNOWN = 80


def _now() -> datetime:
    return datetime.now(UTC)


class Environment(NamedTuple):
    """Streams, environment variables, wall clock, monotonic clock and sleep of one invocation.

    is_this_process: the process is there for this invocation alone, which may make its streams, signals and libraries
    its own.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    is_this_process: bool = False

    @classmethod
    def of_this_process(cls) -> Self:
        streams = {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}
        return cls(**streams, environ=os.environ, is_this_process=True)

    @property
    def stdin_is_terminal(self) -> bool:
        return is_terminal(self.stdin)

    @property
    def stdout_is_terminal(self) -> bool:
        return is_terminal(self.stdout)

    @property
    def stderr_is_terminal(self) -> bool:
        return is_terminal(self.stderr)

    @property
    def columns(self) -> int:
        """Width of the terminal in cells; COLUMNS wins, as everywhere."""
        wish = self.environ.get("COLUMNS", "")
        if wish.isdigit() and int(wish) > 0:
            return int(wish)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or _COLUMNS_UNKNOWN
        except (OSError, ValueError, AttributeError):
            return _COLUMNS_UNKNOWN

    def may_color(self, stream: TextIO, wish: str = "auto") -> bool:
        """Whether a stream gets colours: the wish, then NO_COLOR, FORCE_COLOR, then whether it is a terminal."""
        if wish != "auto":
            return wish == "always"
        if self.environ.get("NO_COLOR"):
            return False
        force = self.environ.get("FORCE_COLOR")
        if force:
            return force.lower() not in ("0", "false", "no")
        return is_terminal(stream) and self.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal; closed and missing ones are none."""
    try:
        return stream.isatty()
    except (ValueError, AttributeError):
        return False


def end_of_output(error: OSError, *, stdout: TextIO, stderr: TextIO) -> int:
    """The exit status when stdout takes no more: 0 where its reader has seen enough, as `head` has.

    Nothing more is written there, not even at the process's end.
    """
    silence(stdout)
    if isinstance(error, BrokenPipeError):
        return 0
    stderr.write(f"error: {unwritable_text(error)}\n")
    return 1


def unwritable_text(error: OSError) -> str:
    return f"the output cannot be written: {error.strerror or error}"


def silence(stream: TextIO) -> None:
    """Lead a stream nowhere, with what it still holds."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
