"""The records that wait for their turn: behind another of the same key, or for a free slot.

The engine promises order for each instance, which is the records' key. So the records of one key and topic
run one after another, those of different keys side by side. Without that order only the same job waits for
itself: no job ever runs twice at once, whatever is published again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from workflow_sdk.runner.kafka.assignment import KafkaRecord

Ordering = Literal["key", "none"]
_Lane = tuple[str, bytes | str]


class Backlog:
    """Lanes of records. Of each lane at most one record is out; the runner's loop owns it all."""

    def __init__(self, ordering: Ordering = "key") -> None:
        self._by_key = ordering == "key"
        self._behind: dict[_Lane, deque[KafkaRecord]] = {}
        # Job types in turn, so that a long queue of one starves no other.
        self._ready: dict[str, deque[KafkaRecord]] = {}

    def __len__(self) -> int:
        ready = sum(len(records) for records in self._ready.values())
        return ready + sum(len(records) for records in self._behind.values())

    def add(self, record: KafkaRecord) -> None:
        """Take a record in; it is ready at once if its lane is free."""
        lane = self._lane_of(record)
        behind = self._behind.get(lane)
        if behind is None:
            self._behind[lane] = deque()
            self._make_ready(record)
        else:
            behind.append(record)

    def take(self, has_room: Callable[[str], bool]) -> KafkaRecord | None:
        """The next ready record of a job type with room, or None; `free` it when it is done with."""
        for job_type in list(self._ready):
            if not has_room(job_type):
                continue
            records = self._ready.pop(job_type)
            record = records.popleft()
            if records:
                self._ready[job_type] = records
            return record
        return None

    def free(self, record: KafkaRecord) -> None:
        """Note that a record taken out is done with, so that the next of its lane is ready."""
        lane = self._lane_of(record)
        behind = self._behind[lane]
        if behind:
            self._make_ready(behind.popleft())
        else:
            del self._behind[lane]

    def take_copies(self, record: KafkaRecord) -> list[KafkaRecord]:
        """Take out what waits behind a record that is out and is the same dispatch, published again."""
        lane = self._lane_of(record)
        behind = self._behind[lane]
        copies = [one for one in behind if one.event.dedup_id == record.event.dedup_id]
        if copies:
            self._behind[lane] = deque(one for one in behind if one not in copies)
        return copies

    def is_overtaken(self, record: KafkaRecord) -> bool:
        """Whether a later attempt of the same job waits behind it: the engine has taken this attempt's failure."""
        event = record.event
        return any(
            later.event.key == event.key and later.event.retries_remaining < event.retries_remaining
            for later in self._behind.get(self._lane_of(record), ())
        )

    def _make_ready(self, record: KafkaRecord) -> None:
        self._ready.setdefault(record.event.job_type, deque()).append(record)

    def _lane_of(self, record: KafkaRecord) -> _Lane:
        key = record.key if self._by_key else None
        return record.assignment.topic, key or record.event.key
