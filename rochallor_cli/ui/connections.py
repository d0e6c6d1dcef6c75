"""How many connections are kept, and how long one may take to say what it wants."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

# A browser has six to a host; the rest is for several browsers and for those that leave some open.
MOST_CONNECTIONS = 100
IDLE_S = 20.0


class BoundedConnections(web.Server):
    """Beyond so many connections the newest is turned away; one that says nothing is let go."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, keepalive_timeout=IDLE_S, **named)
        self._silent: dict[object, asyncio.TimerHandle] = {}

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
