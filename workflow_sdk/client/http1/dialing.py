"""How a connection to the engine is made: name look-up, TCP, the proxy's tunnel, TLS."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

from workflow_sdk.client.answers import RawResponse, status_phrase
from workflow_sdk.client.http1.answer import BadAnswerError
from workflow_sdk.client.http1.connection import Http1Connection, settle
from workflow_sdk.client.proxies import Proxy

# How long one of a name's addresses is tried before the next is tried as well (RFC 8305).
NEXT_ADDRESS_AFTER_S = 0.25

_Address = tuple[socket.AddressFamily, Any]


class DialError(OSError):
    """No connection came about, for the reason this was raised from: the engine has seen no request."""


class DialTimeoutError(DialError, TimeoutError):
    """It took too long to connect."""


@dataclass(frozen=True)
class Route:
    """The way to an engine. `tls` is the engine's, `proxy_tls` that of a proxy reached by https."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None
    proxy_tls: ssl.SSLContext | None = None


class Dialer:
    """Makes connections of one route, on one event loop. Those made at once share one look-up of the name."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._look_up: asyncio.Future[list[_Address]] | None = None

    async def dial(self, *, deadline: float) -> Http1Connection:
        """A new connection, its name looked up anew. DialError when there is none by `deadline`."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._dial(self._route, deadline)
        except TimeoutError as error:
            raise DialTimeoutError("no connection in time") from error
        except (OSError, ssl.SSLError, BadAnswerError) as error:
            raise DialError(str(error)) from error

    async def _dial(self, route: Route, deadline: float) -> Http1Connection:
        proxy, tls = route.proxy, route.tls
        if proxy is None:
            return await self._connect(route.host, route.port, tls)
        proxy_tls = route.proxy_tls if proxy.is_tls else None
        hop = await self._connect(proxy.host, proxy.port, proxy_tls, for_tunnel=tls is not None)
        if tls is None:
            return hop
        try:
            return await _tunnelled(hop, route, proxy=proxy, tls=tls, deadline=deadline)
        except BaseException:
            hop.abort()
            raise

    async def _connect(
        self, host: str, port: int, tls: ssl.SSLContext | None, *, for_tunnel: bool = False
    ) -> Http1Connection:
        loop = asyncio.get_running_loop()
        connection = Http1Connection(loop, for_tunnel=for_tunnel)
        sock = await _tcp_socket(await self._addresses(host, port))
        try:
            await loop.create_connection(
                lambda: connection, sock=sock, ssl=tls, server_hostname=host if tls else None
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def _addresses(self, host: str, port: int) -> list[_Address]:
        if self._look_up is None:
            # Not loop.getaddrinfo: our loops' helper threads never keep the process alive, uvloop's would.
            self._look_up = asyncio.get_running_loop().run_in_executor(None, _addresses_of, host, port)
            self._look_up.add_done_callback(self._looked_up)
        try:
            return await asyncio.shield(self._look_up)
        except BlockingIOError:  # no thread is to be had, which an address does not need
            with suppress(socket.gaierror):
                return _addresses_of(host, port, flags=socket.AI_NUMERICHOST)
            raise

    def _looked_up(self, look_up: asyncio.Future[list[_Address]]) -> None:
        self._look_up = None
        if not look_up.cancelled():
            look_up.exception()  # looked at here, should everyone who waited be gone


async def _tunnelled(
    hop: Http1Connection, route: Route, *, proxy: Proxy, tls: ssl.SSLContext, deadline: float
) -> Http1Connection:
    """CONNECT through the proxy, and the engine's TLS inside that; inside the proxy's, where it has some."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[RawResponse] = loop.create_future()
    if not hop.ask(_connect_request(route, proxy), partial(settle, asked), deadline=deadline):
        raise ConnectionResetError(errno.ECONNRESET, "the proxy closed the connection")
    answer = await asked
    if not 200 <= answer.status_code < 300:
        raise ConnectionError(f"{answer.status_code} {status_phrase(answer.status_code)}")
    connection = Http1Connection(loop)
    assert hop.transport is not None
    transport = await loop.start_tls(hop.transport, connection, tls, server_hostname=route.host)
    assert transport is not None
    connection.connection_made(transport)
    return connection


def _connect_request(route: Route, proxy: Proxy) -> bytes:
    name = f"[{route.host}]" if ":" in route.host else route.host
    target = f"{name}:{route.port}"
    allowed = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{allowed}\r\n".encode("ascii")


async def _tcp_socket(addresses: list[_Address]) -> socket.socket:
    """Connected to whichever of the addresses answers first, the earlier ones given a start."""
    waiting = list(addresses)
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[BaseException] = []
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_attempt(*waiting.pop(0))))
            start_s = NEXT_ADDRESS_AFTER_S if waiting else None
            done, _ = await asyncio.wait(attempts, timeout=start_s, return_when=asyncio.FIRST_COMPLETED)
            succeeded = [attempt for attempt in done if attempt.exception() is None]
            if succeeded:
                attempts.discard(succeeded[0])
                return succeeded[0].result()
            attempts -= done
            failures += [error for attempt in done if (error := attempt.exception()) is not None]
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_close_unwanted)
    raise failures[0]


def _addresses_of(host: str, port: int, flags: int = 0) -> list[_Address]:
    """(family, address), in the system's order, but every second one of another family. Blocks, for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    first = [(family, address) for family, _, _, _, address in found if family == found[0][0]]
    others = [(family, address) for family, _, _, _, address in found if family != found[0][0]]
    return [pair for both in zip_longest(first, others) for pair in both if pair is not None]


async def _attempt(family: socket.AddressFamily, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _close_unwanted(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
