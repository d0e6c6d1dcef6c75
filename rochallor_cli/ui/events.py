"""Server-sent events: each window is told what has changed at its address, as parts ready to be shown."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from rochallor_cli.ui.pages.page import UiPage
from rochallor_cli.ui.poller import PageSnapshot, Poller, WatchedPage
from rochallor_cli.ui.rendering import moment_text

# A browser keeps six connections to a host, and hidden windows close theirs.
MOST_WINDOWS = 32
# A comment, so that a window that has gone is noticed.
HEARTBEAT_S = 15.0
_TYPE = {"Content-Type": "text/event-stream; charset=utf-8"}


class Events:
    """Streams to the windows that are open."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._open = 0

    @property
    def has_room(self) -> bool:
        return self._open < MOST_WINDOWS

    async def stream(
        self, request: web.BaseRequest, page: UiPage, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Tell a window of every look that is new, until it goes."""
        response = web.StreamResponse(headers={**headers, **_TYPE})
        self._open += 1
        try:
            await response.prepare(request)
            with self._poller.watched(page) as subject:
                await self._tell(response, subject)
        except ConnectionError:
            # The window has gone.
            pass
        finally:
            self._open -= 1
        return response

    async def _tell(self, response: web.StreamResponse, subject: WatchedPage) -> None:
        number = 0
        sent: dict[str, str] = {}
        while True:
            try:
                number = await asyncio.wait_for(subject.beyond(number), HEARTBEAT_S)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            look = subject.look
            news = {name: part for name, part in look.parts.items() if sent.get(name) != part.mark}
            sent = {name: part.mark for name, part in look.parts.items()}
            await response.write(_event(look, {name: [part.mark, part.html] for name, part in news.items()}))


def _event(look: PageSnapshot, parts: dict[str, list[str]]) -> bytes:
    body = {
        "trouble": look.trouble,
        "away": look.status == 503,
        "hint": look.hint,
        "at": moment_text(look.at),
        "title": look.title,
        "parts": parts,
    }
    return f"data: {json.dumps(body)}\n\n".encode()
