"""What supervisor and children say to each other, and the pipe they say it over: a line of JSON each.

The supervisor begins with Start, the child answers with Loaded or ChildFailed, then with a Status about once a second,
and Finished is its last word. End of file means to a child that the supervisor is gone: drain and leave.
"""

from __future__ import annotations

import logging
import socket
import threading
from dataclasses import dataclass
from typing import Any, get_args

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.hosting.config.host_config import HealthConfig, KafkaAccess, LogConfig, WorkerConfig
from rochallor_cli.hosting.console import HandlerRow
from rochallor_cli.hosting.health.exposition import MetricFamily
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary
from rochallor_cli.hosting.processes.message_text import line_of, message_from
from rochallor_cli.hosting.self_pipe import readable

log = logging.getLogger("rochallor.host")

# A status line is a few KB; only a broken peer sends a line without an end.
LONGEST_LINE_BYTES = 16 * 1024 * 1024


# --- from the supervisor ---


@dataclass(frozen=True)
class Start:
    """The first one: load the handlers of this worker and serve."""

    worker: WorkerConfig
    engine: EngineAccess
    kafka: KafkaAccess
    log: LogConfig
    health: HealthConfig
    suspects: tuple[str, ...] = ()
    # Runs the jobs it is given and no others: see RunAlone.
    alone: bool = False


@dataclass(frozen=True)
class Drain:
    """Claim no more, finish, report, leave."""


@dataclass(frozen=True)
class Quiet:
    """Claim no more until the opposite is said."""

    is_quiet: bool


@dataclass(frozen=True)
class Abandon:
    """Leave now."""


@dataclass(frozen=True)
class AskMetrics:
    """Answer with MetricsAnswer of the same number."""

    number: int


@dataclass(frozen=True)
class ShowStacks:
    """Print every stack and the jobs in flight."""


@dataclass(frozen=True)
class SuspectsNow:
    """The jobs, by their claims' keys, that ran when a process died: ask for them to be run alone."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class RunAlone:
    """To a child that runs jobs alone: run this one, and answer with RanIsolated."""

    key: str
    job: dict[str, Any]
    lease_end: float | None


@dataclass(frozen=True)
class RanIsolated:
    """What came of a job that ran alone: variables, or why it failed. Passed on to the child that has asked.

    `is_heard`: of the failure the on_failure hooks have heard, in the process where the handler ran.
    """

    key: str
    variables: dict[str, Any] | None = None
    encoded: str = ""
    error: str = ""
    retryable: bool = False
    ran_s: float = 0.0
    released_s: float | None = None
    is_heard: bool = False


# --- from a child ---


@dataclass(frozen=True)
class AskIsolated:
    """Have this job, which is mine, run alone, and send me RanIsolated."""

    key: str
    job: dict[str, Any]
    lease_end: float | None


@dataclass(frozen=True)
class Loaded:
    """The handlers are imported; `files` are the ones to watch for changes."""

    handlers: tuple[HandlerRow, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class ChildFailed:
    """It cannot go on: a CliError, field by field."""

    message: str
    hint: str | None
    details: tuple[str, ...]
    exit_status: int


@dataclass(frozen=True)
class Status:
    """How the worker is: about once a second, and when it becomes ready."""

    status: WorkerStatus


@dataclass(frozen=True)
class MetricsAnswer:
    """The answer to AskMetrics."""

    number: int
    families: list[MetricFamily]


@dataclass(frozen=True)
class Counted:
    """What came of the jobs so far, and the runner's metrics: about once a second while there is news.

    A process that dies says no last word.
    """

    summaries: tuple[WorkerSummary, ...]
    families: list[MetricFamily]


@dataclass(frozen=True)
class Finished:
    """The last word: what came of the jobs, and what was counted."""

    summaries: tuple[WorkerSummary, ...]
    families: list[MetricFamily]


Order = Start | Drain | Quiet | Abandon | AskMetrics | ShowStacks | SuspectsNow | RunAlone | RanIsolated
News = Loaded | ChildFailed | Status | AskIsolated | RanIsolated | MetricsAnswer | Counted | Finished
Message = Order | News

_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Message)}


class PipeClosedError(Exception):
    """The other side has gone."""


class ControlPipe:
    """One end of the pipe: `send` from any thread, `receive` from one."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._buffer = bytearray()
        self._sending = threading.Lock()

    @classmethod
    def pair(cls) -> tuple[ControlPipe, socket.socket]:
        """The supervisor's end, and the socket that the child inherits."""
        ours, theirs = socket.socketpair()
        # A child that has stopped reading must not stop the supervisor with it.
        ours.settimeout(2.0)
        return cls(ours), theirs

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Send one message; PipeClosedError when nobody is there to read it."""
        line = line_of(message)
        with self._sending:
            try:
                self._socket.sendall(line)
            except OSError as error:
                raise PipeClosedError from error

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """All messages that are there, after waiting for the first; PipeClosedError at end of file."""
        if not readable([self._socket.fileno()], timeout_s):
            return []
        try:
            data = self._socket.recv(1 << 20)
        except OSError as error:
            raise PipeClosedError from error
        if not data:
            raise PipeClosedError
        self._buffer += data
        if len(self._buffer) > LONGEST_LINE_BYTES:
            raise PipeClosedError
        *lines, self._buffer = self._buffer.split(b"\n")
        return [message for line in lines if (message := _understood(bytes(line))) is not None]

    def close(self) -> None:
        self._socket.close()


def _understood(line: bytes) -> Message | None:
    """None for what a handler has written to a descriptor that is not its own, or a newer peer says."""
    try:
        message: Message = message_from(line, _KINDS)
    except ValueError as error:
        log.warning("the control pipe carried what is no message of ours: %s", error)
        return None
    return message
