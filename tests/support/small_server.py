"""An HTTP server that answers every request alike and remembers what it was sent; with TLS if wanted."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.http_server import QuietHandler, served


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


def _handler_for(state: SmallServer) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def handle_any(self) -> None:
            body = self.read_body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.seen.append((self.command, self.path, headers, body))
            time.sleep(state.delay_s)
            if state.answer is None:
                self.close_connection = True
                return
            chosen = state.to_polls if state.to_polls and self.path.endswith("/jobs/poll") else state.answer
            status, content_type, answer, more = chosen
            closing = {"Connection": "close"} if state.closes_after_answers else {}
            typed = {"Content-Type": content_type} if content_type else {}
            self.send(status, {**closing, **typed, **more}, answer)

        do_GET = do_POST = do_PUT = do_CONNECT = handle_any

    return Handler


@contextmanager
def small_server(*, tls: ssl.SSLContext | None = None) -> Iterator[SmallServer]:
    state = SmallServer()
    with served(_handler_for(state), tls=tls) as state.url:
        yield state
