"""What supervisor and children say to each other: one JSON object a line over a socket pair.

From the supervisor (`do`):

| message | meaning |
|---|---|
| `start` with `worker`, `logging`, `generation` | the first one: load the handlers and serve |
| `drain` with `timeout_s` | stop claiming, finish, report, leave |
| `abandon` | leave now |
| `metrics` with `id` | answer with the metrics |
| `stacks` | print every stack and the jobs in flight |

From a child (`is`): `ready`, `failed` (with `text`, `exit_status`), `status` (with `status`, about once a
second), `metrics` (with `id`, `families`), `finished` (with `summary`, `families`).
End of file means to the child that the supervisor is gone: drain and leave.
"""

from __future__ import annotations

import json
import select
import socket
import threading
from typing import Any

Message = dict[str, Any]

# A status line is a few KB; only a broken peer sends a line without an end.
LONGEST_LINE_BYTES = 16 * 1024 * 1024


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
        line = json.dumps(message, default=str).encode() + b"\n"
        with self._sending:
            try:
                self._socket.sendall(line)
            except OSError as error:
                raise PipeClosedError from error

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """All messages that are there, after waiting for the first; PipeClosedError at end of file."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
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
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        self._socket.close()
