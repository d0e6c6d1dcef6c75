"""Route: the way to an engine, and what both HTTP ways say and mean while they make a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workflow_sdk.client.answers import RawResponse, status_phrase
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.proxies import Proxy

if TYPE_CHECKING:
    import ssl


class DialError(OSError):
    """No connection came about, for the reason this was raised from: the engine has seen no request."""


class DialTimeoutError(DialError, TimeoutError):
    """It took too long to connect."""


@dataclass(frozen=True)
class Route:
    """`tls` is the engine's, `proxy_tls` that of a proxy reached by https."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None
    proxy_tls: ssl.SSLContext | None = None


def route_to(connection: Connection) -> Route:
    parts = urlsplit(connection.url)
    return Route(
        host=parts.hostname or "",
        port=parts.port or (443 if connection.is_tls else 80),
        tls=connection.ssl_context,
        proxy=connection.proxy,
        proxy_tls=connection.proxy_ssl_context,
    )


def connect_request(route: Route, proxy: Proxy) -> bytes:
    """What asks a proxy for a tunnel to the engine."""
    name = f"[{route.host}]" if ":" in route.host else route.host
    target = f"{name}:{route.port}"
    allowed = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{allowed}\r\n".encode("ascii")


def check_tunnel(answer: RawResponse) -> None:
    """ConnectionError unless the proxy has opened the tunnel."""
    if not 200 <= answer.status_code < 300:
        raise ConnectionError(f"{answer.status_code} {status_phrase(answer.status_code)}")
