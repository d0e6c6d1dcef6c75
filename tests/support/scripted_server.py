"""An HTTP server that stands in for an engine: each answer comes from a function of the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from support.http_server import QuietHandler, served

# (status, body: bytes as they are, anything else as JSON) or (status, body, more headers).
Answer = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]
Answering = Callable[[str, str, bytes], Answer]

NO_ROUTE: Answer = (404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})


@dataclass
class StandIn:
    """`seen` lists (method, path with its query, body) of every request, in order; `agents` who has asked."""

    url: str = ""
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that may have changed something; an empty poll only asks for the dispatch mode."""
        return [
            (method, path)
            for method, path, body in self.seen
            if method != "GET" and not (path == "/v1/jobs/poll" and body in (b"", b"{}"))
        ]


def route(path: str) -> str:
    """The path without its query."""
    return urlsplit(path).path


@contextmanager
def stand_in(answering: Answering) -> Iterator[StandIn]:
    """Serve on a free port of loopback until the block ends."""
    state = StandIn()

    class Handler(QuietHandler):
        def answer(self) -> None:
            body = self.read_body()
            state.seen.append((self.command, self.path, body))
            state.agents.add(self.headers.get("User-Agent", ""))
            status, answered, *more = answering(self.command, self.path, body)
            raw = answered if isinstance(answered, bytes) else json.dumps(answered).encode()
            self.send(status, {"Content-Type": "application/json", **(more[0] if more else {})}, raw)

        do_GET = do_POST = do_PUT = do_DELETE = answer

    with served(Handler) as state.url:
        yield state
