"""Limits for the requests of the calling context: `with request_timeout(5): client.complete_job(…)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter


@dataclass
class RequestsTogether:
    """What the requests of a block may take as a whole, in seconds; `ends` is by perf_counter."""

    seconds: float
    ends: float

    @property
    def left_s(self) -> float:
        return self.ends - perf_counter()

    def postpone(self, seconds: float) -> None:
        """Leave out what somebody else took: a person who was asked, say."""
        self.ends += seconds


_timeout_s: ContextVar[float | None] = ContextVar("workflow_sdk_request_timeout_s", default=None)
_together: ContextVar[RequestsTogether | None] = ContextVar("workflow_sdk_requests_together", default=None)
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


def current_together() -> RequestsTogether | None:
    """The bound on all requests here together, or None."""
    return _together.get()


@contextmanager
def requests_together(seconds: float) -> Iterator[RequestsTogether]:
    """Let all requests of the block, and what is made of their answers, take no longer than this together.

    What comes later is an EngineTimeoutError of the kind "together". The synchronous client alone keeps to it.
    """
    outer = _together.get()
    bound = RequestsTogether(seconds, perf_counter() + seconds)
    if outer is not None and outer.ends < bound.ends:
        bound = outer
    token = _together.set(bound)
    try:
        yield bound
    finally:
        _together.reset(token)


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
