"""One partition while it is assigned to this worker, and a record that came from it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workflow_sdk.runner.job.claim import ClaimRight
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent
from workflow_sdk.runner.kafka.membership import Membership
from workflow_sdk.runner.kafka.offsets import WINDOW, OffsetTracker

if TYPE_CHECKING:
    from confluent_kafka import Message


class Assignment:
    """A partition from being assigned to being revoked or lost. A new assignment is a new object.

    The consumer's thread owns the tracker and the flags; `try_start` is the runner's loop's, and the lock
    makes it and `close` agree: after `close` no job of this assignment starts. `progress_s` is for how long
    it has been read. `before` is the same partition, assigned as long, of a log that was cut since. `since` is when
    it came; `log_end` the log's end as it was seen soon after that, and `start` the offset of the first record that was
    due then, each None before it is known.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        *,
        membership: Membership | None = None,
        before: Assignment | None = None,
        since: float = 0.0,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.since = since
        self.log_end: int | None = None
        self.start: int | None = None
        self.progress_s = 0.0
        self._membership = membership
        self._before = before
        self._is_ours = True
        self.tracker = OffsetTracker()
        self.paused = False
        self._lock = threading.Lock()
        self._open = True
        self._running = 0

    @property
    def running(self) -> int:
        """How many of its jobs have started and are not settled."""
        return self._running

    @property
    def is_open(self) -> bool:
        """Whether its jobs may start and its offsets count."""
        return self._open

    def try_start(self) -> bool:
        """Count one job as running, unless the partition has gone."""
        with self._lock:
            if self._open:
                self._running += 1
            return self._open

    def end_one(self) -> None:
        """Count one running job as ended."""
        with self._lock:
            self._running -= 1

    @property
    def right_to_fail(self) -> ClaimRight:
        """Whether a failure of one of its jobs may be reported: not once somebody else may have done the job."""
        if not self._is_ours:
            return ClaimRight.LOST
        return ClaimRight.HAS if self._membership is None or self._membership.is_sure else ClaimRight.UNSURE

    @property
    def is_ours(self) -> bool:
        """Whether it has not gone; while it is being revoked it is ours still."""
        return self._is_ours

    @property
    def begin(self) -> int:
        """The offset of its first record here, which is where its earlier owner committed last."""
        return self.tracker.first_offset or 0

    def is_inherited(self, offset: int) -> bool:
        """Whether an earlier owner may have run it: it lay there already, no window further than the last commit."""
        return offset < self.begin + WINDOW and (self.log_end is None or offset < self.log_end)

    def close(self) -> None:
        """Let no further job start."""
        with self._lock:
            self._open = False

    def end(self) -> None:
        """It has gone, and whatever came of it before its log was cut with it."""
        self._is_ours = False
        self.close()
        if self._before is not None:
            self._before.end()


@dataclass(slots=True, eq=False)
class KafkaRecord:
    """A job as it came: the event, where it stands, and the message for a dead-letter topic."""

    assignment: Assignment
    offset: int
    event: DispatchEvent
    message: Message = field(repr=False)
    started: bool = False

    @property
    def key(self) -> bytes | None:
        """The record's key: the instance, as the engine writes it."""
        key = self.message.key()
        return key.encode() if isinstance(key, str) else key

    def try_start(self) -> bool:
        """Mark the job as running, unless its partition has gone."""
        self.started = self.assignment.try_start()
        return self.started

    def __str__(self) -> str:
        return f"{self.assignment.topic} partition {self.assignment.partition} offset {self.offset}"
