"""SimulatedBroker: logs and consumer groups, as a Kafka broker keeps them; in memory and in simulated time.

Groups follow the classic protocol with the cooperative-sticky assignor: members join, and a generation begins once
all known ones have; who does not ask for a session's length is thrown out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from math import inf
from random import Random
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord

PARTITIONS = 3
LOOK_S = 0.5
# How long a group waits for its members to join anew; librdkafka names its longest poll.
REBALANCE_S = 60.0


class Record(NamedTuple):
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Log:
    """One partition of one topic: `start` is the offset of its first record, which rises as records are removed."""

    def __init__(self) -> None:
        self.start = 0
        self.records: list[Record] = []
        # Offsets of those that a member of the group was given, and of those that were copied to the dead letters.
        self.delivered: set[int] = set()
        self.dead_letters: set[int] = set()

    @property
    def end(self) -> int:
        return len(self.records)


class Answer(Enum):
    """What a group says to a member."""

    OK = "ok"
    JOIN_ANEW = "rebalance in progress"
    UNKNOWN = "unknown member"
    OLD = "illegal generation"


class Joins(Protocol):
    """A member as its group knows it."""

    def assigned(self, member_id: str, generation: int, partitions: set[int]) -> None:
        """A generation has begun, in which these are this member's partitions."""


@dataclass
class _Member:
    client: Joins
    process: str
    last_seen: float
    session_s: float
    has_joined: bool = True
    owned: set[int] = field(default_factory=set)


class Group:
    """The workers of one topic."""

    def __init__(self, topic: str, broker: SimulatedBroker) -> None:
        self._topic = topic
        self._broker = broker
        self._members: dict[str, _Member] = {}
        self._joining_until = 0.0
        self.is_joining = False
        self.generation = 0
        # By partition; and the log that this was said of, which may be gone.
        self.committed: dict[int, int] = {}
        self._logs: dict[int, Log] = {}
        # How often each partition has changed hands.
        self.moves: Counter[int] = Counter()

    def owner_of(self, partition: int) -> str:
        """The process that the group takes for the partition's owner; empty when it is nobody's."""
        owners = (one.process for one in self._members.values() if partition in one.owned)
        return next(owners, "")

    def has(self, process: str) -> bool:
        """Whether the process is one of its members."""
        return any(member.process == process for member in self._members.values())

    def join(self, member_id: str, client: Joins, process: str, owned: set[int], session_s: float) -> None:
        now = self._broker.now()
        member = self._members.get(member_id)
        if member is None:
            member = self._members[member_id] = _Member(client, process, now, session_s)
        member.last_seen, member.has_joined, member.owned = now, True, set(owned)
        self._begin_joining(except_for=member_id)
        self._complete()

    def knows(self, member_id: str) -> bool:
        """Whether it is a member, and not one that was thrown out."""
        return member_id in self._members

    def leave(self, member_id: str) -> None:
        if self._members.pop(member_id, None) is not None:
            self._begin_joining()
            self._complete()

    def heartbeat(self, member_id: str, generation: int) -> Answer:
        member = self._members.get(member_id)
        if member is None:
            return Answer.UNKNOWN
        member.last_seen = self._broker.now()
        if self.is_joining and not member.has_joined:
            return Answer.JOIN_ANEW
        return Answer.OK if self.is_joining or generation == self.generation else Answer.OLD

    def committed_of(self, partition: int) -> int:
        """What is committed of the log that is there."""
        return 0 if self.is_of_a_former_log(partition) else self.committed.get(partition, 0)

    def is_of_a_former_log(self, partition: int) -> bool:
        """Whether what is committed was said of a log that is gone."""
        log = self._broker.logs(self._topic)[partition]
        return partition in self.committed and self._logs.get(partition) is not log

    def take_for_committed(self, partition: int, offset: int) -> None:
        """What was said of a former log holds for the present one, as nobody can tell."""
        self.committed[partition] = offset
        self._logs[partition] = self._broker.logs(self._topic)[partition]

    def commit(
        self, member_id: str, generation: int, offsets: dict[int, int], *, logs: dict[int, Log]
    ) -> Answer:
        """Take the offsets of a member of this generation; amid a rebalance as this broker does. `logs` are those that
        it means.
        """
        if member_id not in self._members:
            return Answer.UNKNOWN
        if generation != self.generation:
            return Answer.OLD
        if self.is_joining and self._broker.refuses_amid_rebalances:
            return Answer.JOIN_ANEW
        for partition, offset in offsets.items():
            log = logs[partition]
            begin = self.committed.get(partition, 0) if self._logs.get(partition) is log else 0
            self._broker.promises.commits(self._topic, partition, log, begin, offset)
            self.committed[partition], self._logs[partition] = offset, log
        return Answer.OK

    def look(self) -> None:
        """Throw out who has not been heard of."""
        now = self._broker.now()
        gone = [id_ for id_, one in self._members.items() if one.last_seen + one.session_s < now]
        if self.is_joining and now > self._joining_until:
            gone += [id_ for id_, one in self._members.items() if not one.has_joined and id_ not in gone]
        for member_id in gone:
            self._broker.note(f"kafka: {self._topic} throws out {self._members[member_id].process}")
            self.leave(member_id)

    def seen_all(self) -> None:
        """The broker has been away: nobody could be heard of."""
        for member in self._members.values():
            member.last_seen = self._broker.now()
        self._joining_until = self._broker.now() + REBALANCE_S

    def _begin_joining(self, *, except_for: str = "") -> None:
        if not self.is_joining:
            self.is_joining = True
            self._joining_until = self._broker.now() + REBALANCE_S
            for member_id, member in self._members.items():
                member.has_joined = member_id == except_for

    def _complete(self) -> None:
        if not self.is_joining or not all(member.has_joined for member in self._members.values()):
            return
        self.is_joining = False
        self.generation += 1
        wanted = self._wanted()
        owned_by = {partition: id_ for id_, one in self._members.items() for partition in one.owned}
        for member_id, member in self._members.items():
            given = {one for one in wanted[member_id] if owned_by.get(one, member_id) == member_id}
            for partition in given - member.owned:
                self.moves[partition] += 1
            member.owned = given
            member.client.assigned(member_id, self.generation, given)
        shares = ", ".join(f"{one.process} {sorted(one.owned)}" for one in self._members.values())
        self._broker.note(f"kafka: {self._topic} generation {self.generation}: {shares or 'nobody'}")

    def _wanted(self) -> dict[str, set[int]]:
        """As equal shares as can be; everybody keeps what fits in."""
        if not self._members:
            return {}
        most = -(-PARTITIONS // len(self._members))
        wanted = {id_: set(sorted(one.owned)[:most]) for id_, one in self._members.items()}
        free = sorted(set(range(PARTITIONS)).difference(*wanted.values()))
        for partition in free:
            least = min(wanted, key=lambda id_: len(wanted[id_]))
            wanted[least].add(partition)
        return wanted


class Watches(Protocol):
    """Who is told of what members do."""

    def commits(self, topic: str, partition: int, log: Log, begin: int, end: int) -> None: ...

    def fetches(self, process: str, topic: str) -> None: ...

    def waited(self, process: str, topic: str, partitions: list[int], waited_s: float) -> None: ...

    def revoked(self, process: str, topic: str, partition: int, waited_s: float, read_to: int) -> None: ...

    def removed(self, topic: str, partition: int, offsets: range) -> None: ...


class SimulatedBroker:
    """All the world's topics and groups. `fault_rate` is the share of commits whose request or answer is lost."""

    promises: Watches

    def __init__(self, random: Random, *, note: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._logs: dict[str, list[Log]] = {}
        self._groups: dict[str, Group] = {}
        self._readers: dict[str, list[Callable[[], None]]] = {}
        self.random = random
        self.note = note
        self.now = self._loop.time
        self.refuses_amid_rebalances = random.random() < 0.5
        self.fault_rate = 0.0
        # When somebody reached no broker last.
        self.disturbed_at = -inf
        self.is_down = False
        self.is_over = False
        # Topics that are not there.
        self.missing: set[str] = set()
        # Told of a topic and of records that its group begins behind.
        self.skipped: Callable[[str, list[Record]], None] = lambda topic, records: None
        self.consumers: list[Any] = []
        # The latest of each topic.
        self.examples: dict[str, DispatchRecord] = {}
        self._numbers = count(1)
        self._loop.call_later(LOOK_S, self._look)

    def next_number(self) -> int:
        return next(self._numbers)

    def logs(self, topic: str) -> list[Log]:
        found = self._logs.get(topic)
        if found is None:
            found = self._logs[topic] = [Log() for _ in range(PARTITIONS)]
        return found

    def group(self, topic: str) -> Group:
        found = self._groups.get(topic)
        if found is None:
            found = self._groups[topic] = Group(topic, self)
        return found

    @property
    def groups(self) -> dict[str, Group]:
        return self._groups

    def append(self, topic: str, record: Record) -> tuple[int, int]:
        """Its partition and offset."""
        number = crc32(record.key) % PARTITIONS
        log = self.logs(topic)[number]
        log.records.append(record)
        for tell in self._readers.get(topic, ()):
            tell()
        return number, log.end - 1

    def make_anew(self, topic: str) -> None:
        """It is there again, and empty; its group's offsets are as they were."""
        self.missing.discard(topic)
        self._logs[topic] = [Log() for _ in range(PARTITIONS)]

    def read_on_news(self, topic: str, tell: Callable[[], None]) -> None:
        """Have somebody told of each new record."""
        self._readers.setdefault(topic, []).append(tell)

    def forget_reader(self, topic: str, tell: Callable[[], None]) -> None:
        if tell in self._readers.get(topic, ()):
            self._readers[topic].remove(tell)

    def go_down(self) -> None:
        self.is_down, self.disturbed_at = True, inf

    def come_back(self) -> None:
        self.is_down, self.disturbed_at = False, self.now()
        for group in self._groups.values():
            group.seen_all()

    def _look(self) -> None:
        if self.is_over:
            return
        if not self.is_down:
            for group in self._groups.values():
                group.look()
        self._loop.call_later(LOOK_S, self._look)
