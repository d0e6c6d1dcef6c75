"""HttpTransport: one JSON request and its answer, for the synchronous client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_sdk.client.answers import RawResponse, body_from_value
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.deadline import RequestsTogether, current_timeout, current_together
from workflow_sdk.errors import EngineTimeoutError

if TYPE_CHECKING:
    from workflow_sdk.client.httpx_client import HttpxClient


class Exchange(NamedTuple):
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


# Kept open for the next requests, as many as this.
_MOST_IDLE = 20


class HttpTransport:
    """Sends requests over connections that are made as they are needed, and kept. Thread-safe.

    Each request has a client of httpx to itself: httpcore, below it, closes a connection that seems to have ended while
    another thread of the same client has just taken it.
    """

    def __init__(
        self, connection: Connection, *, on_exchange: Callable[[Exchange], None] | None = None
    ) -> None:
        self._connection = connection
        self._on_exchange = on_exchange
        self._idle: list[HttpxClient] = []
        # What comes back after the close is closed: threads may be at their requests, and at those that follow.
        self._is_closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            self._is_closed = True
        for client in idle:
            client.close()

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
        together = current_together()
        if together is not None and together.left_s < timeout_s:
            timeout_s = together.left_s
            if timeout_s <= 0:
                raise self._too_late(together, was_sent=False)
        response: RawResponse | None = None
        with self._lent_client() as client:
            began = perf_counter()
            try:
                response = client.ask(
                    method, url, params=params, body=body, headers=headers, timeout_s=timeout_s
                )
            except EngineTimeoutError as error:
                if together is None or together.left_s > 0:
                    raise
                raise self._too_late(together, was_sent=error.was_sent) from error
            finally:
                if self._on_exchange:
                    status, answered = (response.status_code, response.body) if response else (None, b"")
                    self._on_exchange(Exchange(method, url, status, perf_counter() - began, body, answered))
        return response

    def _too_late(self, together: RequestsTogether, *, was_sent: bool) -> EngineTimeoutError:
        words = f"the answers together took longer than {together.seconds:g} s"
        return EngineTimeoutError(words, url=self._connection.url, was_sent=was_sent, kind="together")

    @contextmanager
    def _lent_client(self) -> Iterator[HttpxClient]:
        with self._lock:
            client = self._idle.pop() if self._idle else None
        if client is None:
            # httpx is a third of what a short command imports, and a worker's reports need none of it.
            from workflow_sdk.client.httpx_client import HttpxClient

            client = HttpxClient(self._connection)
        try:
            yield client
        finally:
            with self._lock:
                is_kept = not self._is_closed and len(self._idle) < _MOST_IDLE
                if is_kept:
                    self._idle.append(client)
            if not is_kept:
                client.close()
