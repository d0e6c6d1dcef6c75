"""Streams whose waits all end with their request: httpx bounds each wait alone, and an answer may drip for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl

_ends: ContextVar[float | None] = ContextVar("workflow_sdk_answer_ends", default=None)


@contextmanager
def all_within(seconds: float) -> Iterator[None]:
    """Let all reads and writes of the block together take no longer than this."""
    token = _ends.set(perf_counter() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def _left_s(timeout_s: float | None, too_late: type[httpx.TimeoutException]) -> float | None:
    """What a wait of `timeout_s` may still take here."""
    ends = _ends.get()
    if ends is None:
        return timeout_s
    left_s = ends - perf_counter()
    if left_s <= 0:
        raise too_late("the time of the request is up")
    return left_s if timeout_s is None else min(timeout_s, left_s)


class BoundedBackend(httpcore.NetworkBackend):
    """The same connections as a backend of httpcore's makes, bounded as wholes."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> _BoundedStream:
        left_s = _left_s(timeout, httpx.ConnectTimeout)
        # As bytes: a name as text loads the codec of other languages' names, and ours have been through it.
        name: Any = host.encode("ascii")
        made = self._backend.connect_tcp(name, port, left_s, local_address, socket_options)
        return _BoundedStream(made)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, *, is_tls: bool = False) -> None:
        self._stream = stream
        self._is_tls = is_tls

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left_s(timeout, httpx.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left_s(timeout, httpx.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _BoundedStream:
        left_s = _left_s(timeout, httpx.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left_s), is_tls=True)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and not self._is_tls:
            # Looking for one would load all of TLS.
            return None
        return self._stream.get_extra_info(info)
