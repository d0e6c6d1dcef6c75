"""Back-off, for handlers and programs of the user's own."""

from workflow_sdk.retry.backoff import BASE_DELAY, FACTOR, JITTER_FRAC, MAX_DELAY, delay

__all__ = ["BASE_DELAY", "FACTOR", "JITTER_FRAC", "MAX_DELAY", "delay"]
