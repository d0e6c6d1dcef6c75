"""Http1Connection: requests and answers over one connection, one at a time. `answer` has the reading.

A request goes out in one write, whole, with Content-Length; `Connection`, `Expect` and `Accept-Encoding`
are never sent, nothing is sent before the last answer is complete, and redirects and cookies are nobody's.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.http1.answer import AnswerReader, BadAnswerError, CutOffError

_READ_BYTES = 64 * 1024

# Gets the answer, or what kept it from coming.
Done = Callable[[RawResponse | Exception], None]


class Http1Connection(asyncio.BufferedProtocol):
    """`ask` begins a request; its `done` is called once, from the loop, when the next one may begin.

    No future and no callback of the loop's come between: a task would cost more than all that is done here.
    `deadline` is when the present request must be answered, `opened` and `rested_since` are for the pool;
    all times are the loop's. `closed` is done when the connection is. With `for_tunnel` it asks a proxy
    for a tunnel, and nothing else.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, for_tunnel: bool = False) -> None:
        self._loop = loop
        self._is_for_tunnel = for_tunnel
        self._reader = AnswerReader(heads_only=for_tunnel)
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._done: Done | None = None
        self.transport: asyncio.Transport | None = None
        self.opened = self.rested_since = self.deadline = loop.time()
        self.closed: asyncio.Future[None] = loop.create_future()

    @property
    def is_usable(self) -> bool:
        """Whether the next request may go out here."""
        return self._done is None and self.transport is not None and not self.transport.is_closing()

    @property
    def has_news(self) -> bool:
        """Whether something came while nothing was asked, which the loop has had no time to see: the end, mostly."""
        if self.transport is None or self.closed.done() or self.transport.is_closing():
            return True  # it has no socket any more
        poller = select.poll()
        poller.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def ask(self, request: bytes, done: Done, *, deadline: float) -> bool:
        """Send a whole request. False when it was certainly not sent, because the connection is gone."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        self._reader.begin()
        self.deadline = deadline
        self._done = done
        try:
            transport.write(request)
        except MemoryError:
            # What the system would not take at once is copied. Of what it took nothing can be made any more.
            self._done = None
            self.abort()
            raise
        if transport.is_closing():
            # The system refused the very first byte: of a later failure nothing would be known yet.
            self._done = None
            return False
        return True

    def fail(self, error: Exception) -> None:
        """Give the request up, and the connection with it."""
        self.abort()
        done, self._done = self._done, None
        if done is not None:
            done(error)

    def give_up(self, done: Done) -> None:
        """The same for nobody but who asked with this `done`: by now it may be another's request."""
        if self._done is done:
            self.fail(ConnectionAbortedError("nobody waits for the answer any more"))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # --- called by the transport ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        if self._done is None:
            self.close()  # nobody has asked
            return
        try:
            self._reader.feed(self._buffer[:count])
        except BadAnswerError as error:
            self.fail(error)
            return
        if self._reader.is_complete:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        if self._done is None:
            return
        try:
            if error is None:
                self._reader.end_of_input()
                self._answered()
                return
        except CutOffError as cut_off:
            error = cut_off
        self.fail(error)

    def _answered(self) -> None:
        assert self.transport is not None
        done, self._done = self._done, None
        assert done is not None
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # answered before it had the whole request
        elif not self._reader.may_go_on and not self._is_for_tunnel:
            self.transport.close()
        try:
            answer: RawResponse | Exception = self._reader.answer()
        except (BadAnswerError, MemoryError) as error:
            answer = error
        # Last of all: it may ask again, here and now.
        done(answer)


def settle(waiter: asyncio.Future[RawResponse], answer: RawResponse | Exception) -> None:
    """The `done` of who waits with a future, unless it waits no more."""
    if waiter.done():
        return
    if isinstance(answer, Exception):
        waiter.set_exception(answer)
    else:
        waiter.set_result(answer)
