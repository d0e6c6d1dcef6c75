"""Runs of handlers in a process that nobody supervises, as the SDK sees them."""

from __future__ import annotations

from collections.abc import Callable

from rochallor_cli.hosting.logs.standard_streams import StandardStreams
from workflow_sdk.runner.job.in_flight import InFlight


class LocalRuns:
    """The SDK's Supervision where there is no other process: the streams are looked after, and no job is a suspect."""

    def __init__(self, streams: StandardStreams) -> None:
        self._streams = streams

    def began(self, item: InFlight) -> None:
        self._streams.began()

    def ended(self, item: InFlight) -> None:
        self._streams.ended(item)

    def is_suspect(self, key: str) -> bool:
        return False

    def run_alone(self, item: InFlight, finished: Callable[[InFlight], None]) -> None:
        raise AssertionError("no job is a suspect here")
