"""How many connections are kept, how long one may take to say what it wants, and what no request is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

# A browser has six to a host; the rest is for several browsers and for those that leave some open.
MOST_CONNECTIONS = 100
IDLE_S = 20.0
# An address holds a form's filters, and that of its events holds them once more quoted.
MOST_HEAD_BYTES = 64 * 1024


class BoundedConnections(web.Server):
    """Beyond so many connections the newest is turned away; one that says nothing is let go.

    unreadable: the answer to what is no request, given whether it was too long.
    """

    def __init__(
        self, *arguments: Any, unreadable: Callable[[bool], web.StreamResponse], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._unreadable = unreadable
        self._silent: dict[object, asyncio.TimerHandle] = {}

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=self._loop,
            unreadable=self._unreadable,
            keepalive_timeout=IDLE_S,
            max_line_size=MOST_HEAD_BYTES,
            max_field_size=MOST_HEAD_BYTES,
            **self._kwargs,
        )

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._silent[handler] = asyncio.get_running_loop().call_later(IDLE_S, transport.abort)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.has_spoken(handler)

    def has_spoken(self, handler: object) -> None:
        """A whole request has come on this connection: from now on it is kept as any other."""
        timer = self._silent.pop(handler, None)
        if timer is not None:
            timer.cancel()


class _Connection(web.RequestHandler):
    """Anybody on the machine may send what is no request: that is answered, and said nowhere else."""

    def __init__(
        self, *arguments: Any, unreadable: Callable[[bool], web.StreamResponse], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._unreadable = unreadable

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way already")
        response = self._unreadable(isinstance(exc, LineTooLong))
        response.force_close()
        return response
