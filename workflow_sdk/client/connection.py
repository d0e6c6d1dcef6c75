"""Connection: how to reach an engine, as one frozen value that both HTTP stacks use."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from workflow_sdk.client.bearer import BearerToken, bearer_token
from workflow_sdk.client.header_values import checked_headers
from workflow_sdk.client.proxies import Proxy, is_host, proxy_for
from workflow_sdk.errors import InvalidConnectionError
from workflow_sdk.known_secrets import keep_secret
from workflow_sdk.version import __version__

if TYPE_CHECKING:
    import ssl

DEFAULT_TIMEOUT_S = 30.0
USER_AGENT = f"rochallor-python/{__version__}"


@dataclass(frozen=True)
class Connection:
    """Where the engine is, who we are, how long we wait.

    `timeout_s` bounds connecting, and each wait for an answer. `headers` go with every request. Make
    one with `connection_to`, which checks; secrets are kept out of its repr.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str | None = field(default=None, repr=False)
    token_command: str | Sequence[str] | None = None
    token_file: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S

    @property
    def is_tls(self) -> bool:
        return self.url.startswith("https:")

    @cached_property
    def bearer(self) -> BearerToken | None:
        """The token's source, shared by both stacks: what one renews, the other uses."""
        return bearer_token(self.token, self.token_file, self.token_command)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext | None:
        """The one TLS context, or None for http:// (building one takes longer than many requests)."""
        if not self.is_tls:
            return None
        from workflow_sdk.client.tls import tls_context

        return tls_context(ca_file=self.ca_file, client_cert=self.client_cert, client_key=self.client_key)

    @cached_property
    def proxy(self) -> Proxy | None:
        """The proxy that the environment names for this URL (HTTPS_PROXY, NO_PROXY, …)."""
        return proxy_for(self.url)

    @cached_property
    def reading_proxy(self) -> Proxy | None:
        """That proxy, where it reads what it forwards: not for https://, where it only makes a tunnel."""
        return None if self.is_tls else self.proxy

    @cached_property
    def proxy_ssl_context(self) -> ssl.SSLContext | None:
        """For TLS to a proxy that is reached by https."""
        if self.proxy is None or not self.proxy.is_tls:
            return None
        from workflow_sdk.client.tls import proxy_tls_context

        return proxy_tls_context(ca_file=self.ca_file)


def connection_to(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    token_command: str | Sequence[str] | None = None,
    token_file: str | None = None,
    ca_file: str | None = None,
    client_cert: str | None = None,
    client_key: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    user_agent: str | None = None,
) -> Connection:
    """A checked Connection; whatever cannot work is an InvalidConnectionError before any request."""
    address, basic_auth = _address(url)
    if timeout_s <= 0:
        raise InvalidConnectionError(f"a time-out of {timeout_s:g} s would let no request through")
    if client_key is not None and client_cert is None:
        raise InvalidConnectionError("client_key without client_cert: give both, or the certificate alone")
    for secret in (*basic_auth.values(), *(headers or {}).values()):
        keep_secret(secret)
        keep_secret(secret.partition(" ")[2].strip())
    connection = Connection(
        url=address,
        headers=checked_headers({"User-Agent": user_agent or USER_AGENT}, basic_auth, headers or {}),
        token=token,
        token_command=token_command,
        token_file=token_file,
        ca_file=ca_file,
        client_cert=client_cert,
        client_key=client_key,
        timeout_s=timeout_s,
    )
    # What is wrong is better known now than at the first job.
    _ = connection.bearer, connection.ssl_context, connection.proxy_ssl_context
    return connection


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without slash and credentials, and the credentials as a header: both stacks send the same."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        # A bracket that is not closed. The URL is not shown: what of it is a password cannot be told.
        raise InvalidConnectionError(
            f"not a usable engine URL: {error} (like http://localhost:8080)"
        ) from None
    try:
        usable = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise InvalidConnectionError(
            f"not a usable engine URL: {_without_password(parts)!r} (like http://localhost:8080)"
        )
    userinfo, at, host = parts.netloc.rpartition("@")
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
    address = urlunsplit((parts.scheme, _ascii_host(host), path, "", ""))
    if not at:
        return address, {}
    encoded = base64.b64encode(unquote(userinfo).encode()).decode()
    return address, {"Authorization": f"Basic {encoded}"}


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidConnectionError(f"not a usable host name: {host!r}") from None


def _without_password(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))
