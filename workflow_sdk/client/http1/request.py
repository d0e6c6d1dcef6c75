"""Requests as bytes: what all requests to one engine have in common is made once.

A request goes out whole, in one piece, with Content-Length; `Connection`, `Expect` and `Accept-Encoding`
are never sent, nothing is sent before the last answer is complete, and redirects and cookies are nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from workflow_sdk.client.connection import Connection


class RequestWriter:
    """Writes the heads of requests to one engine. Of equal names, whatever their case, the later one counts."""

    def __init__(self, connection: Connection) -> None:
        parts = urlsplit(connection.url)
        proxy = None if connection.is_tls else connection.proxy
        # A proxy without tunnel is told the whole address (RFC 9112, 3.2.2).
        self._before_path = connection.url if proxy else parts.path
        self._headers = {"Host": parts.netloc} | dict(connection.headers)
        if proxy and proxy.authorization:
            self._headers["Proxy-Authorization"] = proxy.authorization
        agents = [value for name, value in self._headers.items() if name.lower() == "user-agent"]
        self.user_agent = "".join(agents[-1:])

    def target(self, path: str) -> str:
        """What stands between method and version for a path below the engine's own."""
        return f"{self._before_path}{path}"

    def fields(self, own: Mapping[str, str]) -> str:
        """The header lines, but for Content-Length."""
        named = {name.lower(): (name, value) for name, value in [*self._headers.items(), *own.items()]}
        return "".join(f"{name}: {value}\r\n" for name, value in named.values())

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> bytes:
        """A whole request. A POST, PUT or PATCH without a body says so."""
        has_length = body or method in ("POST", "PUT", "PATCH")
        length = f"Content-Length: {len(body)}\r\n" if has_length else ""
        head = f"{method} {self.target(path)} HTTP/1.1\r\n{self.fields(headers)}{length}\r\n"
        return head.encode() + body
