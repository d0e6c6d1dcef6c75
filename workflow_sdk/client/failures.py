"""What a request that got no answer means, the same for both HTTP stacks.

Each stack has a table from its exceptions to the SDK's (`http.FAILURES`, `aiohttp_channel.FAILURES`).
The words come from here: from the operating system's error beneath whatever the stack wrapped around it.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Sequence

from workflow_sdk.errors import EngineTimeoutError, EngineUnreachableError

FailureTable = Sequence[tuple[type[BaseException], type[EngineUnreachableError]]]

_WORDS_OF_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection closed before the answer",
    errno.EPIPE: "connection closed before the answer",
    errno.ECONNABORTED: "connection closed before the answer",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the network",
    errno.EMFILE: "too many open files in this process",
}


def failure(
    error: BaseException, *, table: FailureTable, url: str, timeout_s: float
) -> EngineUnreachableError:
    """The SDK's error for a stack's exception, with words a person can act on."""
    kind = next(kind for foreign, kind in table if isinstance(error, foreign))
    if issubclass(kind, EngineTimeoutError):
        return EngineTimeoutError(f"no answer within {timeout_s:g} s", url=url)
    return kind(_words(error), url=url)


def _words(error: BaseException) -> str:
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the engine's certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or cause}"
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in _WORDS_OF_ERRNO:
            return _WORDS_OF_ERRNO[cause.errno]
    texts = (str(cause).strip() for cause in chain)
    return next((text for text in texts if text), type(error).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was made of; asyncio joins several attempts in a group."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = getattr(found, "exceptions", ()) or ()
        waiting += [*inner, getattr(found, "os_error", None), found.__cause__, found.__context__]
