"""Answers as they come over the wire, and what they mean: a value, or one of the SDK's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

from workflow_sdk.errors import EngineClientError, EngineUnreachableError

MAX_BODY_TEXT = 10_000


@dataclass(frozen=True)
class RawResponse:
    """One answer, whatever its status. Header names are lower case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def body_from_value(value: object) -> bytes:
    """JSON for a request. ASCII, so that not even a lone surrogate can spoil it; NaN is a ValueError."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def value_from_answer(response: RawResponse, *, url: str) -> Any:
    """The JSON of a 2xx answer (None for an empty one); the SDK's errors for everything else."""
    if not 200 <= response.status_code < 300:
        raise error_from_answer(response)
    if not response.body.strip():
        return None
    try:
        return json.loads(response.body)
    except ValueError:
        raise EngineUnreachableError(
            f"the answer {response.status_code} is no JSON (is it the engine?): {_beginning(response)!r}",
            url=url,
            kind="not-engine",
        ) from None


def mapping_from_answer(response: RawResponse, *, url: str) -> dict[str, Any]:
    """As `value_from_answer`, for the routes that answer an object."""
    value = value_from_answer(response, url=url)
    if not isinstance(value, dict):
        raise EngineUnreachableError(
            f"the answer is {_beginning(response)!r} where an object was due", url=url, kind="not-engine"
        )
    return value


def error_from_answer(response: RawResponse) -> EngineClientError:
    """The error that an answer outside 2xx stands for."""
    message, code = _message_and_code(response)
    return EngineClientError(
        response.status_code,
        message,
        code=code,
        retry_after_s=_retry_after_s(response.headers.get("retry-after")),
        body_text=response.text[:MAX_BODY_TEXT],
        content_type=response.headers.get("content-type", ""),
    )


def status_phrase(status_code: int) -> str:
    """`Bad Gateway` for 502."""
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return "no reason given"


def _message_and_code(response: RawResponse) -> tuple[str, str]:
    """Engines write `reason`, their documentation says `message`; a gateway writes HTML or nothing."""
    fields: Any
    try:
        fields = json.loads(response.body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return _plain_message(response), ""
    texts = [fields.get(name) for name in ("message", "reason", "error")]
    message = next((text for text in texts if isinstance(text, str) and text), None)
    code = fields.get("error")
    return message or _plain_message(response), code if isinstance(code, str) else ""


def _plain_message(response: RawResponse) -> str:
    text = response.text.strip()
    if text.startswith("<"):
        title = re.search(r"<title>\s*(.*?)\s*</title>", text, re.IGNORECASE | re.DOTALL)
        text = title[1] if title else ""
    if text:
        return text[:500]
    location = response.headers.get("location")
    if location:
        return f"redirected to {location}; redirects are not followed"
    return status_phrase(response.status_code)


def _retry_after_s(header: str | None) -> float | None:
    """Seconds or an HTTP date, as seconds from now; None when absent or unreadable."""
    if not header:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _beginning(response: RawResponse) -> str:
    return response.text[:80]
