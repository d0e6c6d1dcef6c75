"""What web pages may not do to an engine whose CORS is closed: any page can send requests, and a name that its owner
points at this machine makes them look like its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit


def refusal(headers: Mapping[str, str], *, listens_on: str) -> str:
    """Why a request is not answered; "" where it may be."""
    host = headers.get("Host", "")
    if is_loopback(listens_on) and not is_loopback(_name_of(host)):
        return f"this engine is for this machine; the request is for host {host!r}"
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return f"web pages of {origin!r} may not call this engine: it was started with --no-cors"
    return ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """A Host header without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
