"""How far a partition's records are done: the promise of Kafka mode as arithmetic.

A committed offset says "everything below is reported". Jobs end in any order, so the tracker holds the
watermark: the highest offset below which every received record is settled. Nothing else is ever committed.
Kafka's offsets rise but may leave gaps (compaction, transaction markers): only received records count.
"""

from __future__ import annotations

from collections import deque

WINDOW = 1_000


class OffsetTracker:
    """One partition's records during one assignment. Not thread-safe: the consumer's thread owns it.

    `first_offset` is that of the first received record, None before; any thread may read it.
    """

    def __init__(self, *, window: int = WINDOW) -> None:
        self._window = window
        self._outstanding: deque[int] = deque()
        self._settled: set[int] = set()
        self.first_offset: int | None = None
        self._next: int | None = None
        self._taken: int | None = None

    @property
    def next_offset(self) -> int | None:
        """The offset after the last received record; None before the first."""
        return self._next

    @property
    def watermark(self) -> int | None:
        """The offset below which every received record is settled; None before the first record."""
        return self._outstanding[0] if self._outstanding else self._next

    @property
    def unsettled(self) -> int:
        """How many received records are not settled yet."""
        return len(self._outstanding) - len(self._settled)

    def receive(self, offset: int) -> bool:
        """Note a record as received; False, and nothing noted, when it lies behind one received before."""
        if self._next is None:
            self.first_offset = self._taken = offset
        elif offset < self._next:
            return False
        self._outstanding.append(offset)
        self._next = offset + 1
        return True

    @property
    def room(self) -> int:
        """How many more records may be received; it bounds what a crash repeats when one job is slow."""
        return max(self._window - len(self._outstanding), 0)

    def settle(self, offset: int) -> None:
        """Note that the engine has acknowledged this record's outcome, or that it needs none.

        An offset that is below the watermark is settled already: settling twice changes nothing.
        """
        if not self._outstanding or offset < self._outstanding[0]:
            return
        self._settled.add(offset)
        while self._outstanding and self._outstanding[0] in self._settled:
            self._settled.remove(self._outstanding.popleft())

    def take_commit(self) -> int | None:
        """The watermark if it has moved since it was last taken; None when there is nothing to say."""
        mark = self.watermark
        if mark == self._taken:
            return None
        self._taken = mark
        return mark
