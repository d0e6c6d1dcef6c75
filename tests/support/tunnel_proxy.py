"""A proxy for CONNECT, with TLS of its own and credentials if wanted."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from support.byte_server import read_request


@dataclass
class TunnelProxy:
    """`seen` holds the heads of requests; with `authorization` others are refused."""

    url: str
    authorization: str = ""
    seen: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        head = read_request(connection).decode("latin-1")
        self.seen.append(head)
        if self.authorization and f"Proxy-Authorization: {self.authorization}\r\n" not in head:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!")
            return
        host, _, port = head.split()[1].rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump_between(connection, target)


def pump_between(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side closes."""
    ends = {one: other, other: one}
    while True:
        # TLS may hold bytes that the socket below it shows no more.
        held = [end for end in ends if isinstance(end, ssl.SSLSocket) and end.pending()]
        for end in held or select.select(list(ends), [], [], 10)[0]:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)


@contextmanager
def tunnel_proxy(*, tls: ssl.SSLContext | None = None, authorization: str = "") -> Iterator[TunnelProxy]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scheme = "https" if tls else "http"
        proxy = TunnelProxy(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}", authorization)

        def begin(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                connection.settimeout(10)
                if tls is None:
                    proxy.serve(connection)
                else:
                    with tls.wrap_socket(connection, server_side=True) as wrapped:
                        proxy.serve(wrapped)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=begin, args=(listening.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
