"""A client as cheap as Python allows: blocking sockets that are written to all, then read from all.

It loads the null engine to find the engine's own limit, and fills engines with instances.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"


class WireError(Exception):
    """The engine closed the connection or answered with something unexpected."""


def request_bytes(method: str, path: str, body: object = None) -> bytes:
    """A whole HTTP/1.1 request; ``body`` is sent as JSON unless None."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


class Wire:
    """``connections`` sockets to one engine at an http:// URL; a context manager."""

    def __init__(self, url: str, connections: int = 1) -> None:
        parts = urlsplit(url)
        address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._prefix = parts.path.rstrip("/")
        self._sockets = [socket.create_connection(address, timeout=60) for _ in range(connections)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request on the first connection; the answer's JSON, None when it has no body."""
        status, content = next(self.exchange([request_bytes(method, self._prefix + path, body)]))
        if status >= 300:
            raise WireError(f"{method} {path}: {status} {content.decode(errors='replace')[:300]}")
        return json.loads(content) if content else None

    def call_all(self, method: str, path: str, bodies: Sequence[object]) -> list[Any]:
        """The same call with each body, as many at a time as there are connections."""
        requests = [request_bytes(method, self._prefix + path, body) for body in bodies]
        return [json.loads(content) if content else None for _, content in self.exchange(requests)]

    def post_each(self, paths: Sequence[str], body: object) -> None:
        """The same body to each path, as many at a time as there are connections; all must succeed."""
        for status, content in self.exchange([request_bytes("POST", path, body) for path in paths]):
            if status >= 300:
                raise WireError(f"POST {paths[0]} …: {status} {content.decode(errors='replace')[:300]}")

    def exchange(self, requests: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Send ready-made requests, one per connection at a time, and yield (status, body) in order."""
        width = len(self._sockets)
        for first in range(0, len(requests), width):
            batch = requests[first : first + width]
            for channel, request in zip(self._sockets, batch, strict=False):
                channel.sendall(request)
            for channel, _ in zip(self._sockets, batch, strict=False):
                yield _read_answer(channel)


def _read_answer(channel: socket.socket) -> tuple[int, bytes]:
    data = channel.recv(65536)
    while (head_end := data.find(HEAD_END)) < 0:
        data += _more(channel)
    status = int(data[9:12])
    at = data.lower().find(b"content-length:", 0, head_end)
    if at < 0:
        return status, b""
    line_end = data.find(b"\r\n", at)
    end = head_end + 4 + int(data[at + 15 : line_end])
    while len(data) < end:
        data += _more(channel)
    return status, data[head_end + 4 : end]


def _more(channel: socket.socket) -> bytes:
    data = channel.recv(65536)
    if not data:
        raise WireError("the engine closed the connection in the middle of an answer")
    return data
