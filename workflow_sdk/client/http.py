"""HttpTransport: one JSON request and its answer, for the synchronous client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlencode

from workflow_sdk.client.answers import RawResponse, body_from_value
from workflow_sdk.client.connection import Connection, check_headers, check_method
from workflow_sdk.client.deadline import current_timeout
from workflow_sdk.client.http1.answer import BadAnswerError
from workflow_sdk.client.http1.blocking import BlockingPool
from workflow_sdk.client.http1.request import RequestWriter
from workflow_sdk.client.http1.route import route_to


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
    """Sends requests over a pool of connections. Thread-safe."""

    def __init__(
        self, connection: Connection, *, on_exchange: Callable[[Exchange], None] | None = None
    ) -> None:
        self._connection = connection
        self._on_exchange = on_exchange
        self._writer = RequestWriter(connection)
        self._pool = BlockingPool(route_to(connection))

    def close(self) -> None:
        self._pool.close()

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
        check_method(method)
        check_headers(headers or {})
        return self._send_with_token(method.upper(), _encoded(path, params), body, all_headers)

    def _send_with_token(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> RawResponse:
        bearer = self._connection.bearer
        if bearer is None:
            return self._send_timed(method, path, body, headers)
        token = bearer.current()
        response = self._send_timed(method, path, body, {"Authorization": f"Bearer {token}", **headers})
        if response.status_code != 401:
            return response
        newer = bearer.renewed(token)
        if newer is None:
            return response
        return self._send_timed(method, path, body, {"Authorization": f"Bearer {newer}", **headers})

    def _send_timed(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> RawResponse:
        timeout_s = min(self._connection.timeout_s, current_timeout() or self._connection.timeout_s)
        request = self._writer.request(method, path, headers=headers, body=body)
        began = perf_counter()
        response: RawResponse | None = None
        try:
            response = self._pool.ask(request, timeout_s=timeout_s, head_only=method == "HEAD")
        except (OSError, BadAnswerError) as error:
            # Loaded for a failure only: with it comes TLS, for its errors.
            from workflow_sdk.client.failures import failure

            raise failure(error, connection=self._connection, timeout_s=timeout_s) from error
        finally:
            if self._on_exchange:
                url = self._connection.url + path
                status, answered = (response.status_code, response.body) if response else (None, b"")
                self._on_exchange(Exchange(method, url, status, perf_counter() - began, body, answered))
        return response


def _encoded(path: str, params: Mapping[str, Any] | None) -> str:
    """What is encoded already stays as it is, `?` and what follows too."""
    target = quote(path, safe="/%?:@!$&'()*+,;=~[]")
    if not params:
        return target
    query = urlencode([(name, _text(value)) for name, value in params.items()], quote_via=quote)
    return f"{target}{'&' if '?' in target else '?'}{query}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
