"""Whether the embedded broker still holds the records of all open jobs.

It keeps 5 MiB and 100,000 batches of a partition, and lets older records vanish without a word.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from rochallor_cli.dev_engine.kafka.embedded_broker import PARTITION_CAP_BATCHES, PARTITION_CAP_BYTES

logger = logging.getLogger("rochallor_cli.dev_engine")

WARN_AT = 0.8
# A batch's own header, the record's, and both headers of ours.
OVERHEAD_BYTES = 240


@dataclass(slots=True)
class _Log:
    """One partition: where it ends, in bytes and batches, and where the record of each job begins."""

    end_bytes: int = 0
    end_batches: int = 0
    jobs: deque[tuple[str, int, int]] = field(default_factory=deque)


class Capacity:
    """Warns, once a topic, when open jobs' records come near the end of what the broker keeps."""

    def __init__(self, is_open: Callable[[str], bool]) -> None:
        self._is_open = is_open
        self._logs: dict[tuple[str, int], _Log] = {}
        self._warned: set[str] = set()

    def published(self, record: DispatchRecord, partition: int) -> None:
        """Count one record. It is taken to be a batch of its own, which is the worst case."""
        log = self._logs.setdefault((record.topic, partition), _Log())
        log.jobs.append((record.job_id, log.end_bytes, log.end_batches))
        log.end_bytes += len(record.value()) + len(record.key) + OVERHEAD_BYTES
        log.end_batches += 1
        self._check(record.topic, log)

    def _check(self, topic: str, log: _Log) -> None:
        if topic in self._warned or not self._is_nearly_full(log):
            return
        while log.jobs and not self._is_open(log.jobs[0][0]):
            log.jobs.popleft()
        if self._is_nearly_full(log):
            self._warned.add(topic)
            logger.warning(
                "the embedded broker is nearly full: open jobs of %s will lose their records. Start a worker for"
                " them, or restart: open jobs are published again at the start. --brokers names a real Kafka",
                topic,
            )

    @staticmethod
    def _is_nearly_full(log: _Log) -> bool:
        """Whether the oldest job still noted lies near the end of what is kept."""
        if not log.jobs:
            return False
        _, begin_bytes, begin_batches = log.jobs[0]
        return (
            log.end_bytes - begin_bytes > WARN_AT * PARTITION_CAP_BYTES
            or log.end_batches - begin_batches > WARN_AT * PARTITION_CAP_BATCHES
        )
