"""BlockingPool: the same HTTP over blocking sockets, for the synchronous client. Thread-safe."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.http1 import keeping
from workflow_sdk.client.http1.answer import AnswerReader, BadAnswerError
from workflow_sdk.client.http1.route import DialError, DialTimeoutError, Route, check_tunnel, connect_request

if TYPE_CHECKING:
    import ssl

_READ_BYTES = 64 * 1024


class BlockingPool:
    """As many connections as threads ask at once; each is kept for the next request for a while."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._resting: list[_Connection] = []
        self._lock = threading.Lock()

    def ask(self, request: bytes, *, timeout_s: float, head_only: bool = False) -> RawResponse:
        """The answer to a whole request; `head_only` for HEAD.

        DialError: it was not sent; every other error: it may have been.
        """
        deadline = monotonic() + timeout_s
        connection = self._sent(request, deadline)
        try:
            answer = connection.answer(deadline, head_only=head_only)
        except BaseException:
            connection.close()
            raise
        self._put_away(connection)
        return answer

    def close(self) -> None:
        with self._lock:
            resting, self._resting = self._resting, []
        for connection in resting:
            connection.close()

    def _sent(self, request: bytes, deadline: float) -> _Connection:
        """A connection that the request went out on."""
        while (connection := self._rested()) is not None:
            if connection.send(request, deadline):
                return connection
        connection = _Connection(_dialled(self._route, deadline))
        if connection.send(request, deadline):
            return connection
        raise DialError("the connection was closed at once")

    def _rested(self) -> _Connection | None:
        while True:
            with self._lock:
                if not self._resting:
                    return None
                connection = self._resting.pop()
            if connection.is_usable():
                return connection
            connection.close()

    def _put_away(self, connection: _Connection) -> None:
        if not connection.may_go_on:
            connection.close()
            return
        connection.rested_since = monotonic()
        with self._lock:
            self._resting.append(connection)


class _Connection:
    """One connection, used by one thread at a time."""

    def __init__(self, sock: Any) -> None:
        self._socket = sock
        self._reader = AnswerReader()
        self._opened = self.rested_since = monotonic()
        self.may_go_on = True

    def is_usable(self) -> bool:
        now = monotonic()
        is_young = now - self._opened < keeping.MAX_AGE_S and now - self.rested_since < keeping.KEEP_ALIVE_S
        return is_young and not keeping.has_news(self._socket)

    def send(self, request: bytes, deadline: float) -> bool:
        """False when it was certainly not sent, because the connection is gone."""
        try:
            self._socket.settimeout(_left_s(deadline))
            sent = self._socket.send(request)
        except TimeoutError:
            self.close()
            raise
        except OSError:
            self.close()
            return False
        try:
            self._socket.sendall(request[sent:])
        except TimeoutError:
            self.close()
            raise
        except OSError:
            pass  # closed in the middle: an answer may have come before
        return True

    def answer(self, deadline: float, *, head_only: bool = False) -> RawResponse:
        self._reader.begin(head_only=head_only)
        self.may_go_on = True
        while not self._reader.is_complete:
            self._socket.settimeout(_left_s(deadline))
            data = self._socket.recv(_READ_BYTES)
            if data:
                self._reader.feed(data)
            else:
                self.may_go_on = False
                self._reader.end_of_input()
        self.may_go_on = self.may_go_on and self._reader.may_go_on
        return self._reader.answer()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()


def _left_s(deadline: float) -> float:
    left_s = deadline - monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


# --- making a connection ---


def _dialled(route: Route, deadline: float) -> Any:
    """A connected socket, or what TLS made of it. DialError when there is none by `deadline`."""
    try:
        return _by_way_of(route, deadline)
    except TimeoutError as error:
        raise DialTimeoutError("no connection in time") from error
    except (OSError, BadAnswerError) as error:
        raise DialError(str(error)) from error


def _by_way_of(route: Route, deadline: float) -> Any:
    if route.proxy is None:
        return _connected(route.host, route.port, route.tls, deadline)
    proxy_tls = route.proxy_tls if route.proxy.is_tls else None
    hop = _connected(route.proxy.host, route.proxy.port, proxy_tls, deadline)
    if route.tls is None:
        return hop
    try:
        proxied = _Connection(hop)
        if not proxied.send(connect_request(route, route.proxy), deadline):
            raise ConnectionError("connection closed before the answer")
        check_tunnel(proxied.answer(deadline, head_only=True))
        hop.settimeout(_left_s(deadline))
        if proxy_tls is None:
            return route.tls.wrap_socket(hop, server_hostname=route.host)
        return _TlsInTls(hop, route.tls, route.host)
    except BaseException:
        hop.close()
        raise


def _connected(host: str, port: int, tls: ssl.SSLContext | None, deadline: float) -> Any:
    sock = _tcp_socket(host, port, deadline)
    if tls is None:
        return sock
    try:
        sock.settimeout(_left_s(deadline))
        return tls.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def _tcp_socket(host: str, port: int, deadline: float) -> socket.socket:
    """Connected to the first of the host's addresses that answers, each having its share of the time."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failures: list[OSError] = []
    for number, (family, _, _, _, address) in enumerate(addresses):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(_left_s(deadline) / (len(addresses) - number))
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failures.append(error)
        except BaseException:
            sock.close()
            raise
    raise failures[0]


class _TlsInTls:
    """The engine's TLS inside a proxy's: Python's own TLS sockets stand on plain ones only."""

    def __init__(self, below: ssl.SSLSocket, tls: ssl.SSLContext, host: str) -> None:
        import ssl

        self._below = below
        self._want_read = ssl.SSLWantReadError
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._until_done(self._tls.do_handshake)

    def fileno(self) -> int:
        return self._below.fileno()

    def settimeout(self, timeout_s: float) -> None:
        self._below.settimeout(timeout_s)

    def send(self, data: bytes) -> int:
        sent: int = self._until_done(self._tls.write, data)
        return sent

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self.send(data) :]

    def recv(self, size: int) -> bytes:
        received: bytes = self._until_done(self._tls.read, size)
        return received

    def close(self) -> None:
        self._below.close()

    def _until_done(self, step: Any, *arguments: Any) -> Any:
        """Repeat a step of TLS, carrying bytes to and fro, until it needs none."""
        while True:
            try:
                result = step(*arguments)
            except self._want_read:
                self._flush()
                self._receive()
                continue
            self._flush()
            return result

    def _flush(self) -> None:
        if self._to_send.pending:
            self._below.sendall(self._to_send.read())

    def _receive(self) -> None:
        data = self._below.recv(_READ_BYTES)
        if data:
            self._received.write(data)
        else:
            self._received.write_eof()
