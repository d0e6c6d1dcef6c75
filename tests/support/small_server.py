"""An HTTP server that answers every request alike and remembers what it was sent; with TLS if wanted."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class SmallServer:
    """`answer` is (status, content type, body, more headers); None closes the connection instead.

    `to_polls` is what polls get in its place, if anything.
    """

    answer: tuple[int, str, bytes, dict[str, str]] | None = (200, "application/json", b'{"jobs":null}', {})
    to_polls: tuple[int, str, bytes, dict[str, str]] | None = None
    delay_s: float = 0.0
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    closes_after_answers: bool = False

    def answers(
        self, status: int, body: bytes = b"", content_type: str = "application/json", **headers: str
    ) -> None:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = (status, content_type, body, more)


def _handler_for(state: SmallServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.seen.append((self.command, self.path, headers, body))
            time.sleep(state.delay_s)
            if state.answer is None:
                self.close_connection = True
                return
            chosen = state.to_polls if state.to_polls and self.path.endswith("/jobs/poll") else state.answer
            status, content_type, answer, more = chosen
            self.send_response(status)
            if state.closes_after_answers:
                self.send_header("Connection", "close")
            if content_type:
                self.send_header("Content-Type", content_type)
            for name, value in {"Content-Length": str(len(answer)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_CONNECT = handle_any

        def log_message(self, *arguments: Any) -> None:
            """Tests are quiet."""

    return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what the tests are about."""


@contextmanager
def small_server(*, tls: ssl.SSLContext | None = None) -> Iterator[SmallServer]:
    state = SmallServer()
    server = _Server(("127.0.0.1", 0), _handler_for(state))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
