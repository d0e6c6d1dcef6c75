"""What a request that got no answer means, the same for both HTTP stacks.

Each stack has a table from its exceptions to the SDK's (`httpx_client.FAILURES`, `http_channel.FAILURES`).
The words come from here: from the operating system's error beneath whatever the stack wrapped around it.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workflow_sdk.client.proxies import Proxy
from workflow_sdk.errors import EngineTimeoutError, EngineUnreachableError, UnreachableKind


class FailureMeaning(NamedTuple):
    """One row of a stack's table: its exception, ours, and whether the request may have been sent."""

    foreign: type[BaseException]
    kind: type[EngineUnreachableError]
    was_sent: bool


FailureTable = Sequence[FailureMeaning]

_WORDS_OF_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection closed before the answer",
    errno.EPIPE: "connection closed before the answer",
    errno.ECONNABORTED: "connection closed before the answer",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the network",
    errno.EAGAIN: "the system gives no more threads",
    errno.EMFILE: "too many open files in this process",
    errno.ENFILE: "too many open files on this machine",
}
# OpenSSL's names for an answer in plain text.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})
# No descriptor or thread is to be had here: nothing is wrong with the engine.
_SHORTAGES = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE})


def failure(
    error: BaseException, *, table: FailureTable, url: str, timeout_s: float, proxy: Proxy | None
) -> EngineUnreachableError:
    """The SDK's error for a stack's exception, with words a person can act on."""
    meaning = next(row for row in table if isinstance(error, row.foreign))
    is_timeout = issubclass(meaning.kind, EngineTimeoutError)
    words = f"no answer within {timeout_s:g} s" if is_timeout else _reason_text(error)
    through = proxy.url if proxy is not None else ""
    if through:
        words = f"{words} (through the proxy {through})"
    kind: UnreachableKind = "timeout" if is_timeout else _kind(error)
    return meaning.kind(words, url=url, was_sent=meaning.was_sent, kind=kind, proxy=through)


def _kind(error: BaseException) -> UnreachableKind:
    """What to look at: an error of TLS may lie beneath whatever a stack has wrapped around it."""
    causes = list(_chain(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "certificate"
    if any(isinstance(cause, OSError) and cause.errno in _SHORTAGES for cause in causes):
        return "shortage"
    return "tls" if any(isinstance(cause, ssl.SSLError) for cause in causes) else "connection"


def lacks_threads(error: BaseException) -> bool:
    """Whether a shortage is one of threads, not of descriptors."""
    return any(isinstance(cause, OSError) and cause.errno == errno.EAGAIN for cause in _chain(error))


def _reason_text(error: BaseException) -> str:
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the engine's certificate is not trusted: {getattr(cause, 'verify_message', cause)}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {_readable(cause)}"
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in _WORDS_OF_ERRNO:
            return _WORDS_OF_ERRNO[cause.errno]
    texts = (str(cause).strip() for cause in chain)
    return next((text for text in texts if text), type(error).__name__)


def _readable(error: ssl.SSLError) -> str:
    """`tlsv13 alert certificate required`, from OpenSSL's own name for it; errors made in Python have none."""
    reason: str | None = getattr(error, "reason", None)
    if reason in _NO_TLS:
        return f"{_spelt(reason)}: what answers there speaks no TLS; is its address an http:// one?"
    return _spelt(reason) if reason else str(error)


def _spelt(reason: str) -> str:
    return reason.replace("_", " ").lower()


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
        waiting += [*inner, found.__cause__, found.__context__]
