"""Answers as they come over the wire, and what they mean: a value, or one of the SDK's errors."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from workflow_sdk.client.answer_memory import MOST_BYTES, takes_too_much
from workflow_sdk.client.job_json import value_from_json
from workflow_sdk.client.proxies import Proxy
from workflow_sdk.errors import EngineClientError, EngineUnreachableError
from workflow_sdk.known_secrets import beginning

MAX_BODY_TEXT = 10_000
# The engine's own reasons may quote what they refuse; an error page may be of any size.
MAX_ERROR_BODY = 256 * 1024


# An engine sends what it was sent: tens of MiB of variables are met. What is longer than this is no answer, but
# something that would take the process's memory; a compressed answer counts by what it holds.
MAX_ANSWER_BYTES = 100 * 1024 * 1024
TOO_LONG = f"the answer is longer than {MAX_ANSWER_BYTES // 2**20} MiB"

TOO_MUCH = f"the answer would take more than {MOST_BYTES // 10**6} MB of memory"


@dataclass(frozen=True)
class RawResponse:
    """One answer, whatever its status. Header names are lower case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def signed(response: RawResponse, proxy: Proxy | None) -> RawResponse:
    """The answer; one that a proxy gives, or may have given, says which it was, as its `server`.

    `proxy` is one that reads what it forwards: within a tunnel nobody but the engine's side answers.
    """
    status = response.status_code
    if status < 400 or proxy is None or (status != 407 and _names_itself(response)):
        return response
    who = f"the proxy {proxy.url}" + ("" if status == 407 else ", or what is behind it,")
    return RawResponse(status, {**response.headers, "server": who}, response.body)


def _names_itself(response: RawResponse) -> bool:
    """As other servers do; and the engine's errors are JSON."""
    return "server" in response.headers or "json" in response.headers.get("content-type", "")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def body_from_value(value: object) -> bytes:
    """JSON for a request. ASCII, so that not even a lone surrogate can spoil it; NaN is a ValueError."""
    return _ENCODER.encode(value).encode("ascii")


def value_from_answer(response: RawResponse, *, url: str) -> Any:
    """The JSON of a 2xx answer; an error for everything else, an empty answer included."""
    if not 200 <= response.status_code < 300:
        raise error_from_answer(response)
    if takes_too_much(response.body):
        raise EngineUnreachableError(TOO_MUCH, url=url, kind="not-engine")
    try:
        return value_from_json(response.body, long_numbers=False)
    except ValueError:
        raise _not_the_engine(response, "is no JSON", url=url) from None


def mapping_from_answer(
    response: RawResponse, *, url: str, due: Collection[str] = (), lists: Collection[str] = ()
) -> dict[str, Any]:
    """As `value_from_answer`, for the routes that answer an object.

    It holds the fields that are `due`, and `lists` that may be null: what lacks them, another program wrote. An `id`
    that is due is a text.
    """
    value = value_from_answer(response, url=url)
    if not isinstance(value, dict):
        raise _not_the_engine(response, "has a value where an object was due", url=url)
    for name in due:
        if name not in value or (name == "id" and not isinstance(value[name], str)):
            raise _not_the_engine(response, f"lacks {name!r}", url=url)
    for name in lists:
        if not isinstance(value.get(name, ""), list | None):
            raise _not_the_engine(response, f"lacks {name!r}", url=url)
    return value


def acknowledged(response: RawResponse, *, url: str) -> None:
    """Nothing, if the engine has taken what was sent: it says so by 204. An error for everything else.

    Any other empty 2xx may be the engine's, through something that rewrites answers: its error is doubtful.
    """
    if response.status_code == 204:
        return
    if not 200 <= response.status_code < 300:
        raise error_from_answer(response)
    if response.body.strip():
        raise _not_the_engine(response, "has a body where none is due", url=url)
    raise EngineUnreachableError(
        f"an empty answer {response.status_code} where the engine says 204: whether it has taken the request "
        "is not known",
        url=url,
        kind="doubtful",
    )


def _not_the_engine(response: RawResponse, what: str, *, url: str) -> EngineUnreachableError:
    who = response.headers.get("server", "something else than the engine")
    return EngineUnreachableError(
        f"{beginning(who, 80)} answers: this {response.status_code} {what}: {_beginning(response)!r}",
        url=url,
        kind="not-engine",
    )


def error_from_answer(response: RawResponse) -> EngineClientError:
    """The error that an answer outside 2xx stands for."""
    fields = _fields(response)
    texts = [fields.get(name) for name in ("message", "reason", "error")]
    message = next((text for text in texts if isinstance(text, str) and text), None)
    return EngineClientError(
        response.status_code,
        message or _plain_message(response),
        code=_text(fields.get("error")),
        reason=_text(fields.get("reason")),
        dispatch_mode=_text(fields.get("dispatch_mode")),
        retry_after_s=_retry_after_s(response.headers.get("retry-after")),
        body_text=beginning(response.text, MAX_BODY_TEXT),
        content_type=response.headers.get("content-type", ""),
        server=beginning(response.headers.get("server", ""), 80),
    )


def status_phrase(status_code: int) -> str:
    """`Bad Gateway` for 502."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return "no reason given"


def _fields(response: RawResponse) -> dict[str, Any]:
    """Engines write `error` and `reason`, their documentation says `message`; a gateway writes HTML or nothing."""
    try:
        fields = json.loads(response.body[:MAX_ERROR_BODY])
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain_message(response: RawResponse) -> str:
    text = beginning(response.text, MAX_BODY_TEXT).strip()
    if text.startswith("<"):
        text = _title(text)
    if text:
        return beginning(text, 500)
    location = response.headers.get("location")
    if location:
        return f"redirected to {location}; redirects are not followed"
    return status_phrase(response.status_code)


def _retry_after_s(header: str | None) -> float | None:
    """Seconds or an HTTP date, as seconds from now; None when absent or unreadable."""
    if not header:
        return None
    digits = header.strip()
    # "²" is a digit to isdigit, and no number.
    if digits.isascii() and digits.isdecimal():
        # A number of hundreds of digits would be infinite.
        return float(digits) if len(digits) < 10 else None
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(header)
    except (OverflowError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _title(page: str) -> str:
    """What stands between <title> and </title>. By plain searches: a pattern that goes back and forth over a
    hostile page takes minutes.
    """
    lower = page.lower()
    begin = lower.find("<title>")
    end = lower.find("</title>", begin)
    return " ".join(page[begin + len("<title>") : end].split()) if 0 <= begin < end else ""


def _beginning(response: RawResponse) -> str:
    return beginning(response.body[:1000].decode("utf-8", "replace"), 80)
