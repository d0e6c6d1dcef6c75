"""Supervision: what a process that others watch does besides running handlers.

A supervisor wants to know which jobs ran at the moment its child died, and to have a job that was among them run where
it harms no other. Without a supervisor there is none of this: a process cannot see its own death.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from workflow_sdk.runner.job.in_flight import InFlight


class Supervision(Protocol):
    """`began` and `ended` are called in the handler's thread, around each run; the others on the runner's loop."""

    def began(self, item: InFlight) -> None: ...

    def ended(self, item: InFlight) -> None: ...

    def is_suspect(self, key: str) -> bool:
        """Whether a process has died while the job of this claim's key ran: its id may be another one by now."""
        ...

    def run_alone(self, item: InFlight, finished: Callable[[InFlight], None]) -> None:
        """Have its handler run in a process of its own, and call `finished` on this loop with the outcome in it."""
        ...


_supervision: Supervision | None = None


def supervise(supervision: Supervision | None) -> None:
    """Have this process supervised from now on."""
    global _supervision
    _supervision = supervision


def supervision() -> Supervision | None:
    return _supervision
