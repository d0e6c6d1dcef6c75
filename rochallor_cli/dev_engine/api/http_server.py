"""HttpServer: HTTP/1.1 over asyncio's sockets, each connection's requests answered in their order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from rochallor_cli.dev_engine.api.request_reader import HttpRequest, RequestReader
from rochallor_cli.dev_engine.api.responses import late_response, unreadable_response

_logger = logging.getLogger("rochallor_cli.dev_engine.http")

# A head that is not whole by then is not waited for, nor is the next request on a connection.
HEAD_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 30.0
MOST_CONNECTIONS = 1_000
_BUFFER_BYTES = 64 * 1024
_SHUTDOWN_S = 1.0

# Gives a request's whole answer, head and body, and raises nothing.
Respond = Callable[[HttpRequest], Coroutine[Any, Any, bytes]]


class HttpServer:
    """Listens, and keeps the connections: beyond so many the one that has rested the longest makes room.

    Everything happens in the loop that `start` is called in.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        # All connections read into the same: what is in it is taken before the next one reads.
        self.buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._open: set[_Connection] = set()
        self._listener: asyncio.Server | None = None
        self._look: asyncio.TimerHandle | None = None
        self._is_empty = asyncio.Event()

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: _Connection(self, loop), host, port, backlog=128)
        self._look_later()
        found: int = self._listener.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Listen no more, and close all connections; what is being answered gets a moment."""
        if self._listener is None:
            return
        self._listener.close()
        if self._look is not None:
            self._look.cancel()
        for each in list(self._open):
            each.end()
        if self._open:
            self._is_empty.clear()
            try:
                await asyncio.wait_for(self._is_empty.wait(), _SHUTDOWN_S)
            except TimeoutError:
                for each in list(self._open):
                    each.abort()

    # --- called by the connections ---

    def opened(self, connection: _Connection) -> None:
        self._open.add(connection)
        if len(self._open) > MOST_CONNECTIONS:
            resting = [each for each in self._open if each.is_resting and each is not connection]
            given_up = min(resting, key=lambda each: each.deadline, default=connection)
            self._open.discard(given_up)
            given_up.abort()

    def lost(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._is_empty.set()

    # --- time-outs ---

    def _look_later(self) -> None:
        every_s = min(HEAD_TIMEOUT_S, BODY_TIMEOUT_S) / 4
        self._look = asyncio.get_running_loop().call_later(every_s, self._look_for_late_ones)

    def _look_for_late_ones(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for each in list(self._open):
            if each.deadline < now_s:
                each.time_out()
        self._look_later()


class _Connection(asyncio.BufferedProtocol):
    """One client's. What it sends while it is answered waits with the system, but for what came in one piece.

    `deadline`: when what is waited for must be there, on the loop's clock.
    """

    def __init__(self, server: HttpServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._buffer = server.buffer
        self._reader = RequestReader()
        self._waiting: deque[HttpRequest] = deque()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        # The client takes nothing of what is written at present.
        self._is_clogged = False
        self._is_paused = False
        self._is_ending = False
        self.deadline = loop.time() + HEAD_TIMEOUT_S

    @property
    def is_resting(self) -> bool:
        """Whether nobody waits for an answer here."""
        return self._task is None and not self._is_clogged

    def end(self) -> None:
        """Close, once what is being answered is."""
        self._is_ending = True
        if self._task is None and self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def time_out(self) -> None:
        """What was waited for is not there."""
        if not self.is_resting or self._transport is None:
            return
        if self._transport.is_closing():
            self._transport.abort()  # its client has not taken the last answer either
            return
        if self._reader.is_within_body:
            self._transport.write(late_response())
        self._transport.close()

    # --- called by the transport ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._server.lost(self)
        self._waiting.clear()

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        had_head = self._reader.is_within_body
        self._waiting += self._reader.feed(self._buffer[:count])
        if self._reader.is_within_body and not had_head:
            self.deadline = self._loop.time() + BODY_TIMEOUT_S
        self._go_on()

    def eof_received(self) -> bool:
        """The client sends no more; what it has asked is answered."""
        self._is_ending = True
        return self._task is not None

    def pause_writing(self) -> None:
        self._is_clogged = True

    def resume_writing(self) -> None:
        self._is_clogged = False
        self.deadline = self._loop.time() + HEAD_TIMEOUT_S
        self._go_on()

    # --- answering ---

    def _go_on(self) -> None:
        """Begin with the next request, where there is one and its answer can be taken."""
        if self._task is None and not self._is_clogged:
            if self._waiting:
                self._task = self._loop.create_task(self._answer(self._waiting.popleft()))
            elif self._reader.fault:
                self._refuse(self._reader.fault)
        is_enough = bool(self._waiting)
        if is_enough is not self._is_paused and self._transport is not None:
            self._is_paused = is_enough
            if is_enough:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    async def _answer(self, request: HttpRequest) -> None:
        answer = await self._server.respond(request)
        self._task = None
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.deadline = self._loop.time() + HEAD_TIMEOUT_S
        transport.write(answer)
        if request.is_last or (self._is_ending and not self._waiting):
            transport.close()
        else:
            self._go_on()

    def _refuse(self, fault: str) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            _logger.warning("a request that is no HTTP was refused with 400: %s", " ".join(fault.split()))
            self._transport.write(unreadable_response(fault))
            self._transport.close()
