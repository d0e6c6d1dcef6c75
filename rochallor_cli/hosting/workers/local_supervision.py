"""Runs of handlers in a process that nobody supervises, as the SDK sees them."""

from __future__ import annotations

from collections.abc import Callable

from rochallor_cli.hosting.workers.process_state import ProcessState
from workflow_sdk.runner.job.in_flight import InFlight


class LocalSupervision:
    """The SDK's Supervision without another process: this one's state is looked after, and no job is a suspect."""

    def __init__(self, state: ProcessState) -> None:
        self._state = state

    def began(self, item: InFlight) -> None:
        self._state.began()

    def ended(self, item: InFlight) -> None:
        self._state.ended(item)

    def is_suspect(self, key: str) -> bool:
        return False

    def run_alone(self, item: InFlight, finished: Callable[[InFlight], None]) -> None:
        raise AssertionError("no job is a suspect here")
