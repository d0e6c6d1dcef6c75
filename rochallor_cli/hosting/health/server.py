"""/livez, /readyz and /metrics over plain HTTP, in threads of their own: they answer while a loop is stuck."""

from __future__ import annotations

import errno
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple, Self

from rochallor_cli.errors import ShortageError, UsageError
from rochallor_cli.hosting.high_descriptors import raised_limit, socket_out_of_reach

log = logging.getLogger("rochallor.host")


MOST_CONNECTIONS = 32
# What a client may take while others wait for it.
ALONE_TIMEOUT_S = 0.5
SHORT_S = 0.1


class HealthPage(NamedTuple):
    """An answer: HTTP status, content type, text."""

    status: int
    content_type: str
    text: str


def json_page(is_well: bool, body: Mapping[str, Any]) -> HealthPage:
    """200, or 503 with the reason."""
    return HealthPage(200 if is_well else 503, "application/json", json.dumps(body) + "\n")


Pages = Mapping[str, Callable[[], HealthPage]]


class HealthServer:
    """Serves `pages` by path until closed; a context manager."""

    def __init__(self, host: str, port: int, *, pages: Pages) -> None:
        handler = type("_Handler", (_PageHandler,), {"pages": dict(pages)})
        try:
            self._server = _server_class(host)((host, port), handler)
        except OSError as error:
            raise UsageError(
                f"the health endpoint cannot listen on {host}:{port}: {error.strerror or error}",
                hint="choose another one with --health-port and --health-host",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except RuntimeError as error:
            raise ShortageError("the health endpoint cannot begin", error) from None
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> None:
        # With an error the process ends anyway, and what was imported may have left no lock as it was.
        if exc_type is None:
            self._server.shutdown()
            self._server.server_close()


def _server_class(host: str) -> type[ThreadingHTTPServer]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return type("_Server", (_BoundedServer,), {"address_family": family})


class _BoundedServer(ThreadingHTTPServer):
    """As many connections as probes need: of a scanner's that say nothing the oldest gives way to a probe's."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._open: dict[Any, None] = {}
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        super().server_bind()
        self.socket = socket_out_of_reach(self.socket)

    def get_request(self) -> tuple[Any, Any]:
        """Also where handlers have taken all descriptors there are."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
        try:
            with raised_limit():
                return super().get_request()
        except (OSError, ValueError, AttributeError) as error:
            time.sleep(SHORT_S)  # else it would be asked again at once, for as long as that lasts
            raise OSError(errno.EMFILE, "no descriptor for a probe") from error

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open[request] = None
            if len(self._open) > MOST_CONNECTIONS:
                self._let_go(next(iter(self._open)))
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread is to be had: one probe after another
            request.settimeout(ALONE_TIMEOUT_S)
            self.process_request_thread(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def _let_go(self, request: Any) -> None:
        """Have its thread find the connection at its end; the thread closes it."""
        del self._open[request]
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("health: a connection from %s broke off", client_address[0])


class _PageHandler(BaseHTTPRequestHandler):
    pages: ClassVar[Pages] = {}
    protocol_version = "HTTP/1.1"
    server_version = "rochallor"
    sys_version = ""
    # A client that connects and says nothing holds a thread for no longer than this.
    timeout = 5

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        make = self.pages.get(path)
        self._answer(make() if make else _not_found(list(self.pages)))

    do_HEAD = do_GET  # noqa: N815 - the base class finds methods by these names

    def _answer(self, page: HealthPage) -> None:
        body = page.text.encode()
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        log.debug("health: " + format, *args)  # noqa: G003 - the format comes from the base class


def _not_found(known: list[str]) -> HealthPage:
    return HealthPage(404, "text/plain; charset=utf-8", f"not found; there is: {' '.join(known)}\n")
