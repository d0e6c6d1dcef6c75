"""How many connections are kept, and how long one may take to say what it wants."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_logger = logging.getLogger("rochallor_cli.dev_engine.http")

# A head that is not whole by then is not waited for; nor is the next request on a connection.
HEAD_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 30.0
MOST_CONNECTIONS = 1_000
# Of a request's first line, and of each header; the engine takes a megabyte for all of them.
MOST_LINE_BYTES = 64 * 1024


class _InOneLine(logging.LoggerAdapter[logging.Logger]):
    """What is no HTTP is the sender's fault, and no reason for a traceback here."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **named: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            reason = " ".join(exc_info.message.split())
            self.warning("a request that is no HTTP was refused with %d: %s", exc_info.code, reason)
        else:
            super().exception(msg, *args, exc_info=exc_info, **named)


class BoundedServer(web.Server):
    """Beyond so many connections the one that has been idle the longest makes room."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(
            *arguments,
            keepalive_timeout=HEAD_TIMEOUT_S,
            logger=_InOneLine(_logger),
            max_line_size=MOST_LINE_BYTES,
            max_field_size=MOST_LINE_BYTES,
            **named,
        )
        self._open: dict[object, asyncio.Transport] = {}
        self._busy: set[object] = set()

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._open[handler] = transport
        if len(self._open) > MOST_CONNECTIONS:
            idle = next(
                (each for each in self._open if each not in self._busy and each is not handler), handler
            )
            self._open.pop(idle).abort()

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._open.pop(handler, None)

    def begin_answer(self, handler: object) -> None:
        """The connection has a request under way, until `end_answer`."""
        self._busy.add(handler)

    def end_answer(self, handler: object) -> None:
        """The connection is the youngest from now on."""
        self._busy.discard(handler)
        if handler in self._open:
            self._open[handler] = self._open.pop(handler)
