"""Takeover: the records that lay in a partition when it came, and what its earlier owner may have done with them.

Who completed or failed an attempt and could not commit that (it was killed, it lost the partition) leaves the record
to be read again. A failure of it would undo a step that is completed, or cost the retry that stands further on in the
partition. So it is not sent before the instance's history has been asked (see DoubtfulReports), and before the
partition has been read to its end, as it is then: by a consumer of its own, since the worker's has its window and its
slots to keep.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from weakref import WeakKeyDictionary

from confluent_kafka import Consumer, KafkaException

from workflow_sdk.clock import Clock
from workflow_sdk.runner.job.claim import ClaimRight
from workflow_sdk.runner.kafka.assignment import Assignment, KafkaRecord
from workflow_sdk.runner.kafka.dispatch_event import PoisonRecordError, decode
from workflow_sdk.runner.kafka.partition_reading import SearchError, messages_of

log = logging.getLogger("workflow_sdk.runner")

# A partition that cannot be read to its end, or is too long, is waited for no longer than this.
PATIENCE_S = 60.0
AGAIN_S = 1.0
SEARCHES_AT_ONCE = 2
MOST_REPORTED = 1_000

# Of a topic, to read it by hand.
NewReader = Callable[[str], Consumer]


@dataclass(slots=True)
class _Search:
    """`retries` holds, by key, the fewest retries left of a later attempt: all that were published by `known_by`, which
    is to come to `wanted`. `first` holds the retries left of the attempts that were there before; `read_to` is
    the offset up to which all this is known.
    """

    first: dict[str, int] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)
    read_to: int = 0
    known_by: float = -inf
    wanted: float = -inf
    task: asyncio.Task[None] | None = None


class Takeover:
    """The partitions' searches; lives on the runner's loop. `found` is told the key of an attempt that has been
    followed by another, and the retries this one has left.
    """

    def __init__(self, new_reader: NewReader, *, found: Callable[[str, int], None], clock: Clock) -> None:
        self._new_reader = new_reader
        self._found = found
        self._clock = clock
        self._searches: WeakKeyDictionary[Assignment, _Search] = WeakKeyDictionary()
        self._turn = asyncio.Semaphore(SEARCHES_AT_ONCE)
        # Steps of inherited attempts that were reported here, the latest last: an earlier owner's failure may have led
        # to a retry of them that is published only now.
        self._reported: OrderedDict[str, None] = OrderedDict()

    def reported(self, record: KafkaRecord) -> None:
        """The engine has taken an outcome of it."""
        if record.assignment.is_inherited(record.offset):
            self._reported[record.event.key] = None
            if len(self._reported) > MOST_REPORTED:
                self._reported.popitem(last=False)

    def was_reported(self, record: KafkaRecord) -> bool:
        """Whether an attempt of the same job was reported here that an earlier owner may have reported, too."""
        return record.event.key in self._reported

    def is_searched(self, assignment: Assignment, *, by: float) -> bool:
        """Whether it has been read to its end as that was at this time, or cannot be; who asks has it read."""
        search = self._searches.setdefault(assignment, _Search())
        if search.known_by >= by or not assignment.is_ours:
            return True
        search.wanted = max(search.wanted, by)
        if search.task is None or search.task.done():
            search.task = asyncio.create_task(self._search(assignment, search), name="takeover")
        return False

    def is_overtaken(self, record: KafkaRecord) -> bool:
        """Whether a later attempt of the same job is known to stand behind it."""
        search = self._searches.get(record.assignment)
        retries = record.event.retries_remaining
        return search is not None and search.retries.get(record.event.key, retries) < retries

    async def _search(self, assignment: Assignment, search: _Search) -> None:
        give_up = max(search.wanted, self._clock()) + PATIENCE_S
        while search.known_by < search.wanted and assignment.is_ours:
            await asyncio.sleep(max(search.wanted - self._clock(), 0.0))
            async with self._turn:
                await self._try(assignment, search, give_up)

    async def _try(self, assignment: Assignment, search: _Search, give_up: float) -> None:
        loop, began = asyncio.get_running_loop(), self._clock()
        try:
            found = await loop.run_in_executor(None, self._later_attempts, assignment, search, give_up)
        except Exception as error:  # noqa: BLE001 - a reader that cannot be had must not keep a failure for ever
            log.debug("%s partition %s: %s", assignment.topic, assignment.partition, error)
            if self._clock() < give_up:
                await asyncio.sleep(AGAIN_S)
                return
            self._say_given_up(assignment, error)
            search.known_by = inf
            return
        search.known_by = began
        search.retries.update(found)
        for key, retries in found.items():
            self._found(key, retries)

    def _later_attempts(self, assignment: Assignment, search: _Search, give_up: float) -> dict[str, int]:
        """Of the inherited attempts that are followed by later ones, as found since the last time: the fewest retries
        left. On a helper thread.
        """
        first, later = search.first, dict[str, int]()
        reader = self._new_reader(assignment.topic)

        def left_s() -> float:
            return give_up - self._clock() if assignment.is_ours else 0.0

        begin = max(assignment.begin, search.read_to)
        try:
            for message in messages_of(
                reader, assignment.topic, assignment.partition, begin=begin, left_s=left_s
            ):
                begin = (message.offset() or 0) + 1
                try:
                    event = decode(message.value(), with_variables=False)
                except PoisonRecordError:
                    continue
                if assignment.is_inherited(message.offset() or 0):
                    first.setdefault(event.key, event.retries_remaining)
                if event.retries_remaining < first.get(event.key, event.retries_remaining):
                    later[event.key] = min(
                        event.retries_remaining, later.get(event.key, event.retries_remaining)
                    )
            # What was read in vain is read again: of it nothing is returned.
            search.read_to = begin
        finally:
            reader.close()
        return later

    def _say_given_up(self, assignment: Assignment, error: Exception) -> None:
        reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
        log.warning(
            "%s partition %s could not be read to its end in %.0f s (%s): a failure of a job that lay there when it "
            "came may cost one more of its retries",
            assignment.topic,
            assignment.partition,
            PATIENCE_S,
            reason
            if isinstance(error, KafkaException | SearchError)
            else f"{type(error).__name__}: {reason}",
        )


@dataclass(frozen=True, slots=True, eq=False)
class RecordHolder:
    """What gives this worker a right to report a record's job: the Holder of its claim."""

    record: KafkaRecord
    takeover: Takeover

    @property
    def right_to_fail(self) -> ClaimRight:
        return self.record.assignment.right_to_fail

    @property
    def is_leaving(self) -> bool:
        return not self.record.assignment.is_open

    @property
    def progress_s(self) -> float:
        return self.record.assignment.progress_s

    @property
    def is_inherited(self) -> bool:
        record = self.record
        return record.assignment.is_inherited(record.offset) or self.takeover.was_reported(record)

    def knows_retries(self, published_by: float) -> bool:
        return self.takeover.is_searched(self.record.assignment, by=published_by)
