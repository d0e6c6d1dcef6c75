"""HttpTransport: one JSON request and its answer. The one file that knows httpx."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httpx

from workflow_sdk.client.answers import RawResponse, body_from_value
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.deadline import current_timeout
from workflow_sdk.client.failures import FailureTable, Meaning, failure
from workflow_sdk.errors import EngineTimeoutError, EngineUnreachableError

# The first row that fits counts.
FAILURES: FailureTable = (
    Meaning(httpx.ConnectTimeout, EngineTimeoutError, was_sent=False),
    Meaning(httpx.PoolTimeout, EngineTimeoutError, was_sent=False),
    Meaning(httpx.TimeoutException, EngineTimeoutError, was_sent=True),
    Meaning(httpx.ConnectError, EngineUnreachableError, was_sent=False),
    Meaning(httpx.ProxyError, EngineUnreachableError, was_sent=False),
    Meaning(httpx.UnsupportedProtocol, EngineUnreachableError, was_sent=False),
    Meaning(httpx.InvalidURL, EngineUnreachableError, was_sent=False),
    Meaning(httpx.HTTPError, EngineUnreachableError, was_sent=True),
    Meaning(httpx.StreamError, EngineUnreachableError, was_sent=True),
    Meaning(httpx.CookieConflict, EngineUnreachableError, was_sent=True),
)
_FOREIGN = tuple(row.foreign for row in FAILURES)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, for those who want to show them. `status` is None when none came."""

    method: str
    url: str
    status: int | None
    duration_s: float
    request_body: bytes
    response_body: bytes


class HttpTransport:
    """Sends requests over a pool of connections. Thread-safe. The pool is made at the first request."""

    def __init__(
        self,
        connection: Connection,
        *,
        on_exchange: Callable[[Exchange], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._on_exchange = on_exchange
        self._client = _http_client(connection, transport)

    def close(self) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse:
        """Send `path` as it is (already encoded), `json` as the body unless it is None."""
        body = b"" if json is None else body_from_value(json)
        all_headers = {**({"Content-Type": "application/json"} if body else {}), **(headers or {})}
        return self._send_with_token(method, path, params, body, all_headers)

    def _send_with_token(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: bytes, headers: dict[str, str]
    ) -> RawResponse:
        bearer = self._connection.bearer
        if bearer is None:
            return self._send_timed(method, path, params, body, headers)
        token = bearer.current()
        response = self._send_timed(
            method, path, params, body, {"Authorization": f"Bearer {token}", **headers}
        )
        if response.status_code != 401:
            return response
        newer = bearer.renewed(token)
        if newer is None:
            return response
        return self._send_timed(method, path, params, body, {"Authorization": f"Bearer {newer}", **headers})

    def _send_timed(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: bytes, headers: dict[str, str]
    ) -> RawResponse:
        url = self._connection.url + path
        timeout_s = min(self._connection.timeout_s, current_timeout() or self._connection.timeout_s)
        began = perf_counter()
        response: RawResponse | None = None
        try:
            answer = self._client.request(
                method, url, params=params, content=body or None, headers=headers, timeout=timeout_s
            )
            response = RawResponse(answer.status_code, dict(answer.headers), answer.content)
        except _FOREIGN as error:
            raise failure(
                error,
                table=FAILURES,
                url=self._connection.url,
                timeout_s=timeout_s,
                proxy=self._connection.proxy,
            ) from error
        finally:
            if self._on_exchange:
                status, answered = (response.status_code, response.body) if response else (None, b"")
                self._on_exchange(Exchange(method, url, status, perf_counter() - began, body, answered))
        return response


def _http_client(connection: Connection, transport: httpx.BaseTransport | None) -> httpx.Client:
    client = httpx.Client(
        # For http:// there is no context, and False keeps httpx from loading certificates.
        verify=connection.ssl_context or False,
        proxy=_httpx_proxy(connection),
        trust_env=False,
        follow_redirects=False,
        headers=[(name.encode(), value.encode()) for name, value in connection.headers.items()],
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        transport=transport,
    )
    for name in ("Accept", "Accept-Encoding", "Connection"):
        if name.lower() not in {given.lower() for given in connection.headers}:
            del client.headers[name]
    return client


def _httpx_proxy(connection: Connection) -> httpx.Proxy | None:
    proxy = connection.proxy
    if proxy is None:
        return None
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else None
    return httpx.Proxy(proxy.url, ssl_context=connection.proxy_ssl_context, headers=headers)
