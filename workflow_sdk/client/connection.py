"""Connection: how to reach an engine, as one frozen value that both HTTP stacks use."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from workflow_sdk.client.bearer import BearerToken, bearer_token
from workflow_sdk.errors import InvalidConnectionError
from workflow_sdk.version import __version__

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
        context = self._trusting_context()
        if self.client_cert is not None:
            self._load_client_certificate(context, self.client_cert)
        return context

    @cached_property
    def proxy(self) -> str | None:
        """The proxy that the environment names for this URL (HTTPS_PROXY, NO_PROXY, …)."""
        parts = urlsplit(self.url)
        if proxy_bypass(parts.netloc):
            return None
        proxies = getproxies()
        return proxies.get(parts.scheme) or proxies.get("all")

    def _trusting_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=_expanded(self.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise InvalidConnectionError(f"cannot use the CA file {self.ca_file}: {_reason(error)}") from None

    def _load_client_certificate(self, context: ssl.SSLContext, certificate: str) -> None:
        try:
            context.load_cert_chain(str(_expanded(certificate)), _expanded(self.client_key))
        except (OSError, ssl.SSLError) as error:
            key = f" with key {self.client_key}" if self.client_key else ""
            raise InvalidConnectionError(
                f"cannot use the client certificate {certificate}{key}: {_reason(error)}"
            ) from None


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
    connection = Connection(
        url=address,
        headers={"User-Agent": user_agent or USER_AGENT, **basic_auth, **(headers or {})},
        token=token,
        token_command=token_command,
        token_file=token_file,
        ca_file=ca_file,
        client_cert=client_cert,
        client_key=client_key,
        timeout_s=timeout_s,
    )
    _ = connection.ssl_context, connection.bearer  # a wrong file is better known now than at the first job
    return connection


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without slash and credentials, and the credentials as a header: both stacks send the same."""
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise InvalidConnectionError(
            f"not a usable engine URL: {_without_password(parts)!r} (like http://localhost:8080)"
        )
    userinfo, at, host = parts.netloc.rpartition("@")
    address = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    if not at:
        return address, {}
    encoded = base64.b64encode(unquote(userinfo).encode()).decode()
    return address, {"Authorization": f"Basic {encoded}"}


def _without_password(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))


def _expanded(path: str | None) -> str | None:
    return None if path is None else str(Path(path).expanduser())


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
