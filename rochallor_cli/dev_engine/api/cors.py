"""The engine's open CORS: any web page may call it."""

from __future__ import annotations

from collections.abc import Mapping

_METHODS = frozenset({"GET", "POST"})
_HEADERS = frozenset({"Accept", "Authorization", "Content-Type"})
_MAX_AGE_S = "300"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "Access-Control-Request-Method" in headers and "Origin" in headers


def preflight_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What a preflight is answered; no CORS headers when it asks for what is not allowed."""
    method = headers["Access-Control-Request-Method"].upper()
    asked = [_canonical(name) for name in headers.get("Access-Control-Request-Headers", "").split(",")]
    wanted = [name for name in asked if name]
    if method not in _METHODS or not _HEADERS.issuperset(wanted):
        return {}
    allowed = {"Access-Control-Allow-Headers": ", ".join(wanted)} if wanted else {}
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": method,
        **allowed,
        "Access-Control-Max-Age": _MAX_AGE_S,
    }


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.strip().split("-"))
