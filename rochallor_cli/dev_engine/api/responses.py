"""Answers as responses of the server: whole in one write where nothing speaks against it."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.http import SERVER_SOFTWARE

from rochallor_cli.dev_engine.api.endpoints import Answer

_JSON = "application/json"
# What is longer goes to the socket piece by piece, at the reader's pace.
_MOST_AT_ONCE = 32 * 1024


class ReadyResponse(web.StreamResponse):
    """A response whose bytes are made already, on a connection that stays open."""

    def __init__(self, status: int, sent: bytes) -> None:
        super().__init__(status=status)
        self._sent = sent

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        transport.write(self._sent)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be written."""


def response_to(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """The answer as a response to the request; its bytes are the same by either way."""
    body = answer.json.encode("utf-8", "replace")
    if len(body) <= _MOST_AT_ONCE and _is_ordinary(request):
        return ReadyResponse(answer.status, _head(answer.status, len(body), int(time.time())) + body)
    if not body:
        return web.Response(status=answer.status)
    return web.Response(status=answer.status, body=body, headers={"Content-Type": _JSON})


def _is_ordinary(request: web.BaseRequest) -> bool:
    """Whether its answer has the usual headers, and the client has taken those before it."""
    transport = request.transport
    return (
        transport is not None
        and not transport.get_write_buffer_size()
        and request.version == HttpVersion11
        and request.keep_alive
        and "Origin" not in request.headers
    )


@lru_cache(maxsize=256)
def _head(status: int, length: int, now_s: int) -> bytes:
    """A response's head. Making one takes longer than all else that is done for a response."""
    kind = f"Content-Type: {_JSON}\r\n" if length else ""
    size = "" if status == HTTPStatus.NO_CONTENT else f"Content-Length: {length}\r\n"
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{kind}{size}"
        f"Date: {formatdate(now_s, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n\r\n"
    ).encode("ascii")
