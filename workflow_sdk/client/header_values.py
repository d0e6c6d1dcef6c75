"""What a request's headers may hold: checked where it is given, before any request could fail of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workflow_sdk.errors import InvalidConnectionError, UnusableTokenError

# A request's frame is ours alone: a wrong one would mix up requests and answers.
_FRAMING_HEADERS = ("connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Controls, and what stands for bytes that are no UTF-8.
_UNFIT_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def checked_headers(*several: Mapping[str, str]) -> dict[str, str]:
    """All in one, later ones in place of earlier ones whatever their case; InvalidConnectionError for unfit ones."""
    found: dict[str, tuple[str, str]] = {}
    for headers in several:
        for name, value in headers.items():
            _check_header(name, value)
            found[name.lower()] = (name, value)
    return dict(found.values())


def checked_token(text: str, source: str) -> str:
    """The token without blanks around it; InvalidConnectionError names the source of one that cannot be sent."""
    token = text.strip()
    if not token:
        raise InvalidConnectionError(f"{source} is empty")
    if not token.isascii() or not token.isprintable():
        raise UnusableTokenError(f"{source} holds characters that no HTTP header can carry")
    return token


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        # It may be the value, by mistake: where it is no name, it is not repeated.
        raise InvalidConnectionError("what is given is not the name of a header")
    if name.lower() in _FRAMING_HEADERS:
        raise InvalidConnectionError(f"the header {name} is set for each request, and cannot be given")
    if _UNFIT_IN_HEADER.search(value) or value != value.strip(" \t"):
        raise InvalidConnectionError(
            f"the value of the header {name} holds characters that no header can carry"
        )
