"""Limits for the requests of the calling context: `with request_timeout(5): client.complete_job(…)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_timeout_s: ContextVar[float | None] = ContextVar("workflow_sdk_request_timeout_s", default=None)
_lease_s: ContextVar[int] = ContextVar("workflow_sdk_request_lease_s", default=0)


def current_timeout() -> float | None:
    """Seconds a request may take here, or None: the client's own time-out counts."""
    return _timeout_s.get()


@contextmanager
def request_timeout(seconds: float) -> Iterator[None]:
    """Bound each request made in the block to `seconds`, where the client's own time-out is longer."""
    token = _timeout_s.set(seconds)
    try:
        yield
    finally:
        _timeout_s.reset(token)


def current_lease_seconds() -> int:
    """The lease polls ask for here, in seconds; 0: whatever the engine gives."""
    return _lease_s.get()


@contextmanager
def request_lease(seconds: int) -> Iterator[None]:
    """Ask for leases of `seconds` in the polls made in the block (engines that know `leaseSeconds`)."""
    token = _lease_s.set(seconds)
    try:
        yield
    finally:
        _lease_s.reset(token)
