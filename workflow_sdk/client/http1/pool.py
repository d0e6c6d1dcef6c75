"""ConnectionPool: connections that are kept for the next request, and one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from math import inf

from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.http1.connection import Done, Http1Connection, settle
from workflow_sdk.client.http1.dialing import Dialer, DialError, DialTimeoutError, Route
from workflow_sdk.client.http1.room import Room

# More than 16 connections make the engine slower, not faster.
MAX_CONNECTIONS = 16
# Below what gateways keep idle connections for (60 s and more), so that we are the first to close them.
KEEP_ALIVE_S = 20.0
# The engine's name may stand for another address by now: only a new connection finds out.
MAX_AGE_S = 180.0
# After a rest of so many seconds it is worth a system call to see that the other side has not closed: a
# request that goes out on its closing is in doubt.
LOOK_AFTER_S = 0.005
# What saying good-bye in TLS may take.
_CLOSE_S = 0.5


class ConnectionPool:
    """For one route; lives on one event loop. `timeout_s` is a request's whole time, connecting included."""

    def __init__(self, route: Route, *, timeout_s: float) -> None:
        self._dialer = Dialer(route)
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        # One place for each request under way, which has a connection or waits for one.
        self._room = Room(MAX_CONNECTIONS)
        # The latest used last: what is not needed any more grows old at the front.
        self._resting: list[Http1Connection] = []
        self._asking: set[Http1Connection] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, request: bytes, done: Done) -> bool:
        """Ask at once, if a connection rests; False, and nothing was done, if none does.

        `done` is called once, later: with the answer, or with an error after which the request may have been sent.
        """
        if not self._resting or not self._room.take_now():
            return False
        now, begun = self._loop.time(), None
        try:
            begun = self._begin_on_resting(request, done, now=now, deadline=now + self._timeout_s)
        finally:
            if begun is None:
                self._room.give_back()
        return begun is not None

    async def ask(self, request: bytes, *, before_write: Callable[[], None] | None = None) -> RawResponse:
        """The answer to a whole request. DialError: it was not sent; every other error: it may have been.

        `before_write` is called with nothing between it and the write; what it raises keeps the request from its way.
        """
        deadline = self._loop.time() + self._timeout_s
        await self._find_room(deadline)
        answer: asyncio.Future[RawResponse] = self._loop.create_future()
        try:
            connection, done = await self._begin(
                request, partial(settle, answer), deadline=deadline, before_write=before_write
            )
        except BaseException:
            self._room.give_back()
            raise
        try:
            return await answer
        finally:
            if answer.cancelled():
                connection.give_up(done)

    async def close(self) -> None:
        """Close every connection; requests under way fail."""
        if self._timer is not None:
            self._timer.cancel()
        connections = [*self._resting, *self._asking]
        for connection in connections:
            connection.close()
        if connections:
            await asyncio.wait([connection.closed for connection in connections], timeout=_CLOSE_S)
        for connection in connections:
            connection.abort()

    async def _find_room(self, deadline: float) -> None:
        if self._room.take_now():
            return
        try:
            async with asyncio.timeout_at(deadline):
                await self._room.take()
        except TimeoutError as error:
            raise DialTimeoutError("no connection came free in time") from error

    async def _begin(
        self, request: bytes, done: Done, *, deadline: float, before_write: Callable[[], None] | None
    ) -> tuple[Http1Connection, Done]:
        begun = self._begin_on_resting(
            request, done, now=self._loop.time(), deadline=deadline, before_write=before_write
        )
        if begun is None:
            connection = await self._dialer.dial(deadline=deadline)
            begun = self._write(connection, request, done, deadline=deadline, before_write=before_write)
        if begun is None:
            raise DialError("the connection was closed at once")
        return begun

    def _begin_on_resting(
        self,
        request: bytes,
        done: Done,
        *,
        now: float,
        deadline: float,
        before_write: Callable[[], None] | None = None,
    ) -> tuple[Http1Connection, Done] | None:
        while self._resting:
            connection = self._resting.pop()
            if now - connection.rested_since > LOOK_AFTER_S and connection.has_news:
                connection.abort()
            elif (
                begun := self._write(connection, request, done, deadline=deadline, before_write=before_write)
            ) is not None:
                return begun
        return None

    def _write(
        self,
        connection: Http1Connection,
        request: bytes,
        done: Done,
        *,
        deadline: float,
        before_write: Callable[[], None] | None,
    ) -> tuple[Http1Connection, Done] | None:
        """What was begun, by its connection and the `done` that this one knows; None where it was not sent."""
        try:
            if before_write is not None:
                before_write()
        except Exception:
            # Nothing was asked of it.
            self._put_away(connection)
            raise
        ended = partial(self._ended, connection, done)
        if not connection.ask(request, ended, deadline=deadline):
            return None
        self._asking.add(connection)
        self._look_at(deadline)
        return connection, ended

    def _ended(self, connection: Http1Connection, done: Done, answer: RawResponse | Exception) -> None:
        self._asking.discard(connection)
        self._put_away(connection)
        self._room.give_back()
        done(answer)

    def _put_away(self, connection: Http1Connection) -> None:
        now = self._loop.time()
        if not connection.is_usable or now - connection.opened > MAX_AGE_S:
            connection.close()
        else:
            connection.rested_since = now
            self._resting.append(connection)
            self._look_at(now + KEEP_ALIVE_S)

    # --- the one timer ---

    def _look_at(self, when: float) -> None:
        """Look at the connections at this time, unless that is done earlier anyway."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        """Give up the requests whose time is over, and close what has rested for too long."""
        self._timer = None
        now = self._loop.time()
        for connection in [each for each in self._asking if each.deadline <= now]:
            connection.fail(TimeoutError())
        while self._resting and self._resting[0].rested_since + KEEP_ALIVE_S <= now:
            self._resting.pop(0).close()
        due = min((connection.deadline for connection in self._asking), default=inf)
        if self._resting:
            due = min(due, self._resting[0].rested_since + KEEP_ALIVE_S)
        if due < inf:
            self._look_at(due)
