"""Proxies as the environment names them: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."""

from __future__ import annotations

import base64
import os
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from workflow_sdk.errors import InvalidConnectionError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

# The codec of other names takes milliseconds to load.
_PLAIN_HOST = re.compile(r"(?!.*xn--)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proxy:
    """`url` holds no credentials; `authorization` is the header's value for them, or empty."""

    url: str
    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def is_tls(self) -> bool:
        return self.url.startswith("https:")


def proxy_for(url: str) -> Proxy | None:
    """The proxy for requests to `url`; InvalidConnectionError where it is none that we can use."""
    parts = urlsplit(url)
    proxies, no_proxy = _settings()
    named = proxies.get(parts.scheme) or proxies.get("all")
    if not named or is_exempt(parts, no_proxy):
        return None
    return proxy_from_url(named)


def proxy_from_url(named: str) -> Proxy:
    """From `http://user:password@host:port`; a missing scheme means http."""
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
    except ValueError as error:
        raise InvalidConnectionError(f"the proxy of the environment cannot be used: {error}") from None
    userinfo, _, address = parts.netloc.rpartition("@")
    shown = f"{parts.scheme}://{address}"
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidConnectionError(f"the proxy {shown} cannot be used: only http and https proxies can")
    try:
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError:
        port = 0
    if not is_host(parts.hostname or "") or not port:
        raise InvalidConnectionError(f"the proxy {shown} cannot be used: it is no address")
    encoded = base64.b64encode(unquote(userinfo).encode()).decode()
    assert parts.hostname
    return Proxy(shown, parts.hostname, port, f"Basic {encoded}" if userinfo else "")


def is_host(name: str) -> bool:
    """Whether a name can be looked up, or is an address: `a..b` and `xn--a` are neither."""
    if _PLAIN_HOST.fullmatch(name) or ":" in name:
        return True
    try:
        # What is too long or empty cannot be written, and what is in no language cannot be read.
        return bool(name.encode("idna").decode("idna"))
    except UnicodeError:
        return False


def is_exempt(parts: SplitResult, no_proxy: str) -> bool:
    """Whether NO_PROXY names this address: by `*`, a host or domain, an address, a network, each with
    or without a port. Names are not looked up to be found in a network.
    """
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    entries = no_proxy.replace(",", " ").lower().split()
    return any(_names(entry, host=host, port=port) for entry in entries)


def _names(entry: str, *, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and "/" in entry:
        return _holds(entry, address)
    named, named_port = _without_port(entry)
    if named_port is not None and named_port != port:
        return False
    if address is not None:
        return address == _address(named)
    domain = named.removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _without_port(entry: str) -> tuple[str, int | None]:
    """`host:port` parted; an IPv6 address has a port only where it stands in brackets."""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        port = port.removeprefix(":")
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    else:
        return entry, None
    return host, int(port) if port.isdigit() else None


def _holds(network: str, address: IPv4Address | IPv6Address) -> bool:
    from ipaddress import ip_network

    try:
        return address in ip_network(network, strict=False)
    except ValueError:
        return False


def _address(text: str) -> IPv4Address | IPv6Address | None:
    # Loaded where proxies are: most commands are started without.
    from ipaddress import ip_address

    try:
        return ip_address(text)
    except ValueError:
        return None


def _settings() -> tuple[dict[str, str], str]:
    """Proxies by scheme, and NO_PROXY. Lower-case names win, as everywhere."""
    proxies = {scheme: _variable(f"{scheme}_proxy") for scheme in ("http", "https", "all")}
    if "REQUEST_METHOD" in os.environ:
        # In a CGI script HTTP_PROXY is the request's header `Proxy`, which anyone may send.
        proxies["http"] = os.environ.get("http_proxy", "")
    if sys.platform == "darwin" and not any(proxies.values()):
        return _settings_of_macos()
    return proxies, _variable("no_proxy")


def _variable(name: str) -> str:
    return os.environ.get(name, os.environ.get(name.upper(), "")).strip()


def _settings_of_macos() -> tuple[dict[str, str], str]:
    import urllib.request

    return urllib.request.getproxies(), _variable("no_proxy")
