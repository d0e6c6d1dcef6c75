"""HttpTransport: one JSON request and its answer, for the synchronous client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_sdk.client.answers import RawResponse, body_from_value
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.deadline import current_timeout

if TYPE_CHECKING:
    from workflow_sdk.client.httpx_client import HttpxClient


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, for those who want to show them. `status` is None when none came."""

    method: str
    url: str
    status: int | None
    duration_s: float
    request_body: bytes
    response_body: bytes


class _Request(NamedTuple):
    method: str
    path: str
    params: Mapping[str, Any] | None
    body: bytes


class HttpTransport:
    """Sends requests over a pool of connections, made at the first request. Thread-safe."""

    def __init__(
        self, connection: Connection, *, on_exchange: Callable[[Exchange], None] | None = None
    ) -> None:
        self._connection = connection
        self._on_exchange = on_exchange
        self._made: HttpxClient | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

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
        return self._send_with_token(_Request(method, path, params, body), all_headers)

    def _send_with_token(self, request: _Request, headers: dict[str, str]) -> RawResponse:
        bearer = self._connection.bearer
        if bearer is None:
            return self._send_timed(request, headers)
        token = bearer.current()
        response = self._send_timed(request, {"Authorization": f"Bearer {token}", **headers})
        if response.status_code != 401:
            return response
        newer = bearer.renewed(token)
        if newer is None:
            return response
        return self._send_timed(request, {"Authorization": f"Bearer {newer}", **headers})

    def _send_timed(self, request: _Request, headers: dict[str, str]) -> RawResponse:
        method, path, params, body = request
        url = self._connection.url + path
        timeout_s = min(self._connection.timeout_s, current_timeout() or self._connection.timeout_s)
        client = self._client()
        began = perf_counter()
        response: RawResponse | None = None
        try:
            response = client.ask(method, url, params=params, body=body, headers=headers, timeout_s=timeout_s)
        finally:
            if self._on_exchange:
                status, answered = (response.status_code, response.body) if response else (None, b"")
                self._on_exchange(Exchange(method, url, status, perf_counter() - began, body, answered))
        return response

    def _client(self) -> HttpxClient:
        # httpx is a third of what a short command imports, and a worker's reports need none of it.
        from workflow_sdk.client.httpx_client import HttpxClient

        with self._lock:
            if self._made is None:
                self._made = HttpxClient(self._connection)
            return self._made
