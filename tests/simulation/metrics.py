"""UncountedMetrics: a runner's metrics that count nothing, for worlds in which nobody looks at them."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from workflow_sdk.metrics.metrics import Metrics


class _Series:
    """In place of any series, with whatever labels."""

    def labels(self, *_: str) -> _Series:
        return self

    def inc(self, _: float = 1) -> None:
        """Not counted."""

    set = observe = inc


class UncountedMetrics(Metrics):
    """Every series is there, and stays as it is."""

    def __init__(self) -> None:
        super().__init__(CollectorRegistry())

    def _uncounted(self, *_: Any, **__: Any) -> Any:
        return _Series()

    _counter = _gauge = _histogram = _uncounted
