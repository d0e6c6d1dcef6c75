"""Which jobs run in a child, in memory that outlives it: read at its death, written for next to nothing."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections import deque
from dataclasses import dataclass

from workflow_sdk.runner.job.in_flight import InFlight

RECORD_BYTES = 512
_LENGTH_BYTES = 2
_SEPARATOR = "\0"
# Handlers that were left behind keep their records: room for more than there are slots.
SPARE = 64


@dataclass(frozen=True)
class RunningJob:
    """A job that a handler had begun and not ended. `key` is its claim's: what stays the same in every delivery."""

    key: str
    job_id: str
    job_type: str
    instance_id: str


class RunningJobs:
    """Records in a shared file: the child writes them, the supervisor reads them.

    A record is its length and its text; it is free while the length is 0.
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
        data = text.encode("utf-8", "replace")[: RECORD_BYTES - _LENGTH_BYTES]
        start = item.record * RECORD_BYTES
        self._memory[start + _LENGTH_BYTES : start + _LENGTH_BYTES + len(data)] = data
        self._memory[start : start + _LENGTH_BYTES] = len(data).to_bytes(_LENGTH_BYTES)

    def ended(self, item: InFlight) -> None:
        # What a handler has forked must not say that the job is over.
        if item.record < 0 or os.getpid() != self._pid:
            return
        start = item.record * RECORD_BYTES
        self._memory[start : start + _LENGTH_BYTES] = bytes(_LENGTH_BYTES)
        self._free.append(item.record)
        item.record = -1

    # --- in the supervisor ---

    def read(self) -> list[RunningJob]:
        """The jobs that run, or ran when the child ended."""
        found = []
        for start in range(0, len(self._memory), RECORD_BYTES):
            length = int.from_bytes(self._memory[start : start + _LENGTH_BYTES])
            text = self._memory[start + _LENGTH_BYTES : start + _LENGTH_BYTES + length].decode(
                "utf-8", "replace"
            )
            parts = text.split(_SEPARATOR)
            if len(parts) == 4:
                found.append(RunningJob(*parts))
        return found

    def close(self) -> None:
        self._memory.close()


def read_running_jobs(descriptor: int) -> list[RunningJob]:
    """What the records in this file say."""
    records = RunningJobs(descriptor)
    try:
        return records.read()
    finally:
        records.close()
