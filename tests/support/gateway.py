"""Something else than an engine behind the URL: gateways that answer HTML, nothing, or too late."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from support.http_server import QuietHandler, served


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


def _handler_of(gateway: Gateway) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def answer(self) -> None:
            gateway.requests.append({name.lower(): value for name, value in self.headers.items()})
            self.read_body()
            if gateway.silent:
                gateway.released.wait(60)
                self.close_connection = True
            else:
                self.send(gateway.status, gateway.headers, gateway.body)

        do_GET = do_POST = answer

    return Handler


@contextmanager
def running_gateway(
    status: int = 200,
    body: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    silent: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Gateway]:
    """A server on a free port. `tls` is for https; `silent` never answers."""
    gateway = Gateway(status, body, headers or {"Content-Type": "text/html"}, silent=silent)
    with served(_handler_of(gateway), tls=tls) as gateway.url:
        try:
            yield gateway
        finally:
            gateway.released.set()
