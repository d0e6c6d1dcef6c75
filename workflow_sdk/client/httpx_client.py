"""The one file that knows httpx: its clients, and what its exceptions mean. Loaded at the first request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpcore
import httpx

from workflow_sdk.client.answers import MAX_ANSWER_BYTES, TOO_LONG, RawResponse, signed
from workflow_sdk.client.compression import unpacked
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.failures import FailureMeaning, FailureTable, failure
from workflow_sdk.client.timed_streams import BoundedBackend, all_within
from workflow_sdk.errors import EngineTimeoutError, EngineUnreachableError

# The first row that fits counts.
FAILURES: FailureTable = (
    FailureMeaning(httpx.ConnectTimeout, EngineTimeoutError, was_sent=False),
    FailureMeaning(httpx.PoolTimeout, EngineTimeoutError, was_sent=False),
    FailureMeaning(httpx.TimeoutException, EngineTimeoutError, was_sent=True),
    FailureMeaning(httpx.ConnectError, EngineUnreachableError, was_sent=False),
    FailureMeaning(httpx.ProxyError, EngineUnreachableError, was_sent=False),
    FailureMeaning(httpx.UnsupportedProtocol, EngineUnreachableError, was_sent=False),
    FailureMeaning(httpx.InvalidURL, EngineUnreachableError, was_sent=False),
    FailureMeaning(httpx.HTTPError, EngineUnreachableError, was_sent=True),
    FailureMeaning(httpx.StreamError, EngineUnreachableError, was_sent=True),
    FailureMeaning(httpx.CookieConflict, EngineUnreachableError, was_sent=True),
)
_FOREIGN = tuple(row.foreign for row in FAILURES)
# So long may a connection rest before it is used again.
KEPT_S = 5.0


class HttpxClient:
    """A client of httpx for one connection's settings, for one request after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = _http_client(connection)

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None,
        body: bytes,
        headers: Mapping[str, str],
        timeout_s: float,
    ) -> RawResponse:
        """The answer, whatever its status; the SDK's errors where none came.

        httpx bounds each wait by `timeout_s`; an answer that drips must end within it as a whole, too.
        """
        try:
            with (
                all_within(timeout_s),
                self._client.stream(
                    method, url, params=params, content=body or None, headers=headers, timeout=timeout_s
                ) as answer,
            ):
                content = self._whole(answer)
        except _FOREIGN as error:
            raise failure(
                error,
                table=FAILURES,
                url=self._connection.url,
                timeout_s=timeout_s,
                proxy=self._connection.proxy,
            ) from error
        response = RawResponse(answer.status_code, dict(answer.headers), content)
        return signed(response, self._connection.reading_proxy)

    def _whole(self, answer: httpx.Response) -> bytes:
        """The body, unpacked here: httpx would undo any number of packings, each without a bound."""
        pieces: list[bytes] = []
        length = 0
        for piece in answer.iter_raw():
            pieces.append(piece)
            length += len(piece)
            if length > MAX_ANSWER_BYTES:
                raise self._not_engine(TOO_LONG)
        try:
            body = unpacked(b"".join(pieces), answer.headers, longest=MAX_ANSWER_BYTES)
        except ValueError as error:
            raise self._not_engine(str(error)) from None
        if body is None:
            raise self._not_engine(TOO_LONG)
        return body

    def _not_engine(self, what: str) -> EngineUnreachableError:
        return EngineUnreachableError(what, url=self._connection.url, kind="not-engine")


class _NoCookies(httpx.Cookies):
    """What an answer sets is not kept: no engine asks for it, and the hot path keeps none."""

    def __init__(self) -> None:
        # An empty jar of another kind: httpx's own would load two clients of the standard library.
        super().__init__(())  # type: ignore[arg-type]

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keeps none."""


class _Client(httpx.Client):
    @property  # type: ignore[misc]  # nobody sets them
    def cookies(self) -> httpx.Cookies:
        return _NoCookies()


class _Transport(httpx.HTTPTransport):
    """Ends a connection where anything follows an answer.

    h11 would take that for the beginning of the next answer, and a stray 204 would acknowledge a
    completion that was never made.
    """

    def __init__(self, connection: Connection) -> None:
        # httpx itself would make a TLS context for http://, too, and has no public way to give a backend: a test of
        # answers that drip fails where this name leads nowhere.
        self._pool = _pool(connection)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _WatchedStream(response.stream, response.extensions["network_stream"])
        return response


class _WatchedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, network_stream: Any) -> None:
        self._stream = stream
        self._network_stream = network_stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream
        if _has_more(self._stream):
            self._network_stream.close()

    def close(self) -> None:
        self._stream.close()


def _has_more(stream: Any) -> bool:
    """httpx has no public way to ask this; a test holds that these names lead there."""
    for name in ("_httpcore_stream", "_stream", "_connection", "_h11_state", "trailing_data"):
        stream = getattr(stream, name, None)
    return stream is not None and bool(stream[0])


def _http_client(connection: Connection) -> httpx.Client:
    client = _Client(
        transport=_Transport(connection),
        cookies=(),  # type: ignore[arg-type]  # as in _NoCookies
        trust_env=False,
        follow_redirects=False,
        headers=[(name.encode(), value.encode()) for name, value in connection.headers.items()],
    )
    for name in ("Accept", "Accept-Encoding", "Connection"):
        if name.lower() not in {given.lower() for given in connection.headers}:
            del client.headers[name]
    return client


def _pool(connection: Connection) -> httpcore.ConnectionPool:
    settings: dict[str, Any] = {
        # For http:// there is none.
        "ssl_context": connection.ssl_context,
        "max_connections": None,
        "max_keepalive_connections": 20,
        "keepalive_expiry": KEPT_S,
        "network_backend": BoundedBackend(httpcore.SyncBackend()),
    }
    proxy = connection.proxy
    if proxy is None:
        return httpcore.ConnectionPool(**settings)
    host = proxy.host.encode("ascii" if proxy.host.isascii() else "idna")
    scheme = "https" if proxy.is_tls else "http"
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=scheme, host=host, port=proxy.port, target="/"),
        proxy_headers={"Proxy-Authorization": proxy.authorization} if proxy.authorization else None,
        proxy_ssl_context=connection.proxy_ssl_context,
        **settings,
    )
