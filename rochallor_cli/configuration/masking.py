"""What stands in the place of a secret wherever settings are shown."""

from __future__ import annotations

MASK = "***"


def url_text(url: str) -> str:
    """The URL as it may be shown: `https://user:secret@host` becomes `https://***@host`."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{scheme}{separator}{MASK if user else user}{at}{host}{slash}{path}"
