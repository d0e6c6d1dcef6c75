"""Answers as bytes, head and body in one piece."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from rochallor_cli.dev_engine.api import record_json
from rochallor_cli.dev_engine.api.request_reader import HttpRequest

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_NO_HEADERS: Mapping[str, str] = {}


def response_to(
    request: HttpRequest,
    status: int,
    text: str = "",
    *,
    kind: str = JSON,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> bytes:
    """A whole response; `kind` is the type of a text that is not empty."""
    body = text.encode("utf-8", "replace")
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]) if headers else ""
    head = _head(
        request.version,
        status,
        len(body),
        kind=kind,
        lines=lines,
        is_last=request.is_last,
        now_s=int(time.time()),
    )
    # Of HEAD's answer the head says what the body would be.
    return head if request.method == "HEAD" else head + body


def unreadable_response(fault: str) -> bytes:
    """What is said of bytes that are no request."""
    return _last_response(HTTPStatus.BAD_REQUEST, f"400 Bad Request: {fault}", kind=TEXT)


def late_response() -> bytes:
    """What is said of a request whose body does not come."""
    shape = record_json.error_shape("bad-request", "the body did not come in time")
    return _last_response(HTTPStatus.REQUEST_TIMEOUT, shape, kind=JSON)


def _last_response(status: int, text: str, *, kind: str) -> bytes:
    nobodys = HttpRequest()
    nobodys.is_last = True
    return response_to(nobodys, status, text, kind=kind)


@lru_cache(maxsize=256)
def _head(
    version: str, status: int, length: int, *, kind: str, lines: str, is_last: bool, now_s: int
) -> bytes:
    """A response's head. To make one takes longer than all else that is done for a response."""
    type_ = f"Content-Type: {kind}\r\n" if length else ""
    size = "" if status == HTTPStatus.NO_CONTENT else f"Content-Length: {length}\r\n"
    # What goes without saying differs.
    usual = version == "1.1"
    connection = "" if is_last != usual else f"Connection: {'close' if is_last else 'keep-alive'}\r\n"
    return (
        f"HTTP/{version} {status} {HTTPStatus(status).phrase}\r\n{type_}{lines}{size}"
        f"Date: {formatdate(now_s, usegmt=True)}\r\n{connection}\r\n"
    ).encode()
