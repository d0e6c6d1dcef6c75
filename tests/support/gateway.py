"""Something else than an engine behind the URL: gateways that answer HTML, nothing, or too late."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gateway:
    """Answers every request alike, or lets them wait; remembers the requests' headers."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str], *, silent: bool) -> None:
        self.status = status
        self.body = body.encode()
        self.headers = headers
        self.silent = silent
        self.released = threading.Event()
        self.requests: list[dict[str, str]] = []
        self.url = ""


def _handler_of(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            gateway.requests.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if gateway.silent:
                gateway.released.wait(60)
                self.close_connection = True
                return
            self.send_response(gateway.status)
            for name, value in gateway.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(gateway.body)))
            self.end_headers()
            self.wfile.write(gateway.body)

        do_GET = do_POST = answer

        def log_message(self, *args: object) -> None:
            """Tests look at what arrived, not at a log."""

    return Handler


@contextmanager
def running_gateway(
    status: int = 200,
    body: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    silent: bool = False,
    tls: object = None,
) -> Iterator[Gateway]:
    """A server on a free port. `tls` is an ssl.SSLContext for https; `silent` never answers."""
    gateway = Gateway(status, body, headers or {"Content-Type": "text/html"}, silent=silent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(gateway))
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)  # type: ignore[attr-defined]
    gateway.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
