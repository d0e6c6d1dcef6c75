"""A worker that its groups have left no partition: it is well, and no job can come to it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Protocol

from workflow_sdk.clock import Clock, boottime

log = logging.getLogger("workflow_sdk.runner")

# A rebalance takes partitions away for a moment before it gives others.
SURPLUS_AFTER_S = 10.0


class _Source(Protocol):
    topic: str

    @property
    def is_without_partition(self) -> bool: ...


class SurplusWatch:
    """Looked at now and then by the intake; `text` may be read from any thread."""

    def __init__(self, *, clock: Clock = boottime) -> None:
        self._clock = clock
        self._since: float | None = None
        self.text = ""

    def look(self, sources: Collection[_Source]) -> None:
        """Say it once when it has lasted, and once when it is over."""
        if not sources or not all(source.is_without_partition for source in sources):
            if self.text:
                log.info("this worker has a partition again")
            self._since, self.text = None, ""
            return
        self._since = self._clock() if self._since is None else self._since
        if not self.text and self._clock() - self._since >= SURPLUS_AFTER_S:
            self.text = _text(sources)
            log.warning("this worker gets no jobs: %s", self.text)


def _text(sources: Iterable[_Source]) -> str:
    topics = ", ".join(sorted(source.topic for source in sources))
    return (
        f"no partition of {topics} is left for it: more members than partitions, or one with another assignor"
    )
