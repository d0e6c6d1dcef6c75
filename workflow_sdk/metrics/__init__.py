"""Prometheus series of runners."""

from workflow_sdk.metrics.metrics import Metrics

__all__ = ["Metrics"]
