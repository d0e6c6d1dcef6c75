"""Which jobs run in a child, in memory that outlives it: read at its death, written for next to nothing."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections import deque
from dataclasses import dataclass
from time import monotonic_ns
from typing import NamedTuple

from workflow_sdk.runner.job.in_flight import InFlight

RECORD_BYTES = 512
_LENGTH_BYTES, _ENDED_BYTES = 2, 8
_HEAD_BYTES = _LENGTH_BYTES + _ENDED_BYTES
_SEPARATOR = "\0"
# Handlers that were left behind keep their records: room for more than there are slots.
SPARE = 64
# A job may ruin its process and return: it is under suspicion for so long.
LINGER_S = 5.0


@dataclass(frozen=True)
class RunningJob:
    """A job that a handler had begun and not ended. `key` is its claim's: what stays the same in every delivery."""

    key: str
    job_id: str
    job_type: str
    instance_id: str


class JobsAtDeath(NamedTuple):
    """What ran when a child died, and what had run just before and may have been the cause as well."""

    running: list[RunningJob]
    just_ended: list[RunningJob]


class RunningJobs:
    """Records in a shared file: the child writes them, the supervisor reads them.

    A record is its length, when its job ended (nanoseconds on the clock that all processes share; 0: it runs) and its
    text. That of the job which has ended first is written over first.
    """

    def __init__(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        self._memory = mmap.mmap(descriptor, size)
        self._free = deque(range(size // RECORD_BYTES))
        self._pid = os.getpid()

    @staticmethod
    def new_file(slots: int) -> int:
        """A descriptor of an empty file for so many slots."""
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, (slots + SPARE) * RECORD_BYTES)
        return descriptor

    # --- in the child, from any thread ---

    def began(self, item: InFlight) -> None:
        try:
            item.record = self._free.popleft()
        except IndexError:
            return
        claim = item.claim
        text = _SEPARATOR.join((claim.key, claim.job_id, claim.job_type, claim.instance_id))
        data = text.encode("utf-8", "replace")[: RECORD_BYTES - _HEAD_BYTES]
        start = item.record * RECORD_BYTES
        head = len(data).to_bytes(_LENGTH_BYTES) + bytes(_ENDED_BYTES)
        self._memory[start : start + _HEAD_BYTES + len(data)] = head + data

    def ended(self, item: InFlight) -> None:
        # What a handler has forked must not say that the job is over.
        if item.record < 0 or os.getpid() != self._pid:
            return
        start = item.record * RECORD_BYTES + _LENGTH_BYTES
        self._memory[start : start + _ENDED_BYTES] = monotonic_ns().to_bytes(_ENDED_BYTES)
        self._free.append(item.record)
        item.record = -1

    # --- in the supervisor ---

    def read(self) -> JobsAtDeath:
        """The jobs that run, or ran when the child ended, and those that had ended just before."""
        found = JobsAtDeath([], [])
        since = monotonic_ns() - int(LINGER_S * 1e9)
        for start in range(0, len(self._memory), RECORD_BYTES):
            head = self._memory[start : start + _HEAD_BYTES]
            length, ended = int.from_bytes(head[:_LENGTH_BYTES]), int.from_bytes(head[_LENGTH_BYTES:])
            text = self._memory[start + _HEAD_BYTES : start + _HEAD_BYTES + length].decode("utf-8", "replace")
            parts = text.split(_SEPARATOR)
            if len(parts) == 4 and (not ended or ended >= since):
                (found.just_ended if ended else found.running).append(RunningJob(*parts))
        return found

    def close(self) -> None:
        self._memory.close()


def read_running_jobs(descriptor: int) -> JobsAtDeath:
    """What the records in this file say."""
    records = RunningJobs(descriptor)
    try:
        return records.read()
    finally:
        records.close()
