"""A server that sends exactly the bytes a test wants, and ends its connections as the test wants."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum


class Step(Enum):
    """What a connection does besides sending bytes. Without an end of its own it stays open, silently."""

    READ = "read one request"
    READ_HEAD = "read a request's head only"
    CLOSE = "close in order"
    RESET = "reset"
    WAIT = "wait until the test says `go`, once"
    SAY = "tell the test that the pieces before were sent"


Script = Sequence[bytes | Step]


@dataclass
class ByteServer:
    """`requests` are those read, by connection; the last script serves for all later connections."""

    port: int
    scripts: list[Script]
    requests: list[list[bytes]] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    said: threading.Event = field(default_factory=threading.Event)
    ended: list[threading.Event] = field(default_factory=list)
    # Between two pieces of an answer, so that they arrive as two.
    pause_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def total(self) -> int:
        return sum(map(len, self.requests))

    def serve(self, connection: socket.socket) -> None:
        number = len(self.requests)
        seen: list[bytes] = []
        self.requests.append(seen)
        self.ended.append(threading.Event())
        connection.settimeout(10)
        with suppress(OSError):
            for step in self.scripts[min(number, len(self.scripts) - 1)]:
                if not self._take(step, connection, seen):
                    break
            else:
                connection.recv(1)
        connection.close()
        self.ended[number].set()

    def _take(self, step: bytes | Step, connection: socket.socket, seen: list[bytes]) -> bool:
        if isinstance(step, bytes):
            connection.sendall(step)
            time.sleep(self.pause_s)
        elif step is Step.WAIT:
            self.go.wait(10)
            self.go.clear()
        elif step is Step.SAY:
            self.said.set()
        elif step is Step.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif step is Step.CLOSE:
            return False
        else:
            request = read_request(connection, head_only=step is Step.READ_HEAD)
            if not request:
                return False
            seen.append(request)
        return True


def read_request(connection: socket.socket, *, head_only: bool = False) -> bytes:
    """One request; empty where the other side has closed instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1 if head_only else 65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    while not head_only and len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def byte_server(
    *scripts: Script, host: str = "127.0.0.1", pause_s: float = 0.0, tls: ssl.SSLContext | None = None
) -> Iterator[ByteServer]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        server = ByteServer(listening.getsockname()[1], list(scripts), pause_s=pause_s)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=begin, args=(connection,), daemon=True).start()

        def begin(connection: socket.socket) -> None:
            with suppress(OSError):
                server.serve(tls.wrap_socket(connection, server_side=True) if tls else connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.go.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
