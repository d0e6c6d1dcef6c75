"""GroupMember: how a consumer of librdkafka's is a member of its group: it joins, heartbeats, and hears what it has.

As librdkafka does, it heartbeats by itself while its process runs, and tells of what happened (partitions given and
taken, brokers away) inside `poll`, `consume` and `close` only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from confluent_kafka import KafkaError, TopicPartition

from simulation.broker import Answer, Group, SimulatedBroker
from simulation.loop import SimulatedLoop
from simulation.threads import SimulatedEvent

# How soon a member that reaches no broker notices that its session is over.
AWAY_LOOK_S = 0.1


class GroupMember:
    """`is_cut`: says whether its process reaches no broker. What is told waits for `serve`."""

    def __init__(
        self, config: dict[str, Any], *, broker: SimulatedBroker, process: str, is_cut: Callable[[], bool]
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._loop = loop
        # Of its process, whose callbacks these are, whoever brings them about.
        self._context = copy_context()
        self._broker = broker
        self._random = broker.random
        self._process = process
        self._is_cut = is_cut
        self._error_cb = config.get("error_cb", lambda _: None)
        self._session_s = config["session.timeout.ms"] / 1000
        self._heartbeat_s = config["heartbeat.interval.ms"] / 1000
        self._topic = ""
        self._callbacks: dict[str, Callable[..., Any]] = {}
        self._positions: dict[int, int] = {}
        self._events: deque[Callable[[], None]] = deque()
        self._news = SimulatedEvent()
        self._member_id = ""
        self._generation = -1
        self._last_answer = 0.0
        self._is_joining = self._must_join = False
        self._is_rebalancing = False
        self._rebalances_due = 0
        self._said_away = False
        self._is_closing = self._is_closed = False

    @property
    def _is_away(self) -> bool:
        return self._broker.is_down or self._is_cut() or self._broker.is_over

    @property
    def _group(self) -> Group:
        return self._broker.group(self._topic)

    def _latency_s(self) -> float:
        return self._random.uniform(0.001, 0.01)

    def _on_news(self) -> None:
        """A record was appended; it is fetched a little later."""
        self._news.set()

    def _later(self, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        self._loop.call_later(delay_s, function, *arguments, context=self._context)

    def _keep_membership(self) -> None:
        """Join, heartbeat, and find out what the group has done; as a thread of librdkafka's does."""
        if self._is_closed or self._loop.is_over:
            return
        self._later(AWAY_LOOK_S if self._is_away else self._heartbeat_s, self._keep_membership)
        now = self._loop.time()
        if self._is_away:
            if not self._said_away:
                self._said_away = True
                self._tell(lambda: self._error_cb(KafkaError(KafkaError._ALL_BROKERS_DOWN)))
            if self._member_id and now - self._last_answer > self._session_s:
                self._lose()
            return
        self._said_away, self._last_answer = False, now
        if self._is_closing:
            if self._member_id:
                self._group.heartbeat(self._member_id, self._generation)
        elif self._member_id:
            self._join_again()
            self._heartbeat()
        elif not self._is_rebalancing:
            self._join()

    def _heartbeat(self) -> None:
        answer = self._group.heartbeat(self._member_id, self._generation)
        # Who waits for what a generation gives it hears that first: what it had before is not what it has.
        if answer is Answer.JOIN_ANEW and not self._is_rebalancing and not self._is_joining:
            self._join()
        elif answer is Answer.UNKNOWN or (answer is Answer.OLD and not self._is_joining):
            self._lose()

    def _join(self) -> None:
        if not self._member_id:
            self._member_id = f"{self._process}-{self._broker.next_number()}"
        elif not self._group.knows(self._member_id):
            # "Unknown member" to a request to join: librdkafka asks for a new id then, and what it had is lost.
            self._lose()
            return
        self._is_joining, self._must_join = True, False
        self._group.join(
            self._member_id, self, self._process, set(self._positions), session_s=self._session_s
        )

    def _lose(self) -> None:
        """The group has gone on without us; said once what is being said has been heard."""
        self._member_id, self._generation, self._is_joining = "", -1, False
        if self._positions and not self._is_rebalancing:
            self._is_rebalancing = True
            self._tell_rebalance("on_lost", sorted(self._positions))

    def assigned(self, member_id: str, generation: int, partitions: set[int]) -> None:
        """The group's word; it takes its way to us, and a process that is halted hears it later. That to a member which
        we were before is not ours.
        """
        self._later(self._latency_s(), self._take_assigned, member_id, generation, partitions)

    def _take_assigned(self, member_id: str, generation: int, partitions: set[int]) -> None:
        if member_id != self._member_id or generation < self._generation or self._is_closing:
            return
        self._generation, self._is_joining, self._is_rebalancing = generation, False, True
        taken, given = sorted(set(self._positions) - partitions), sorted(partitions - set(self._positions))
        if taken:
            self._tell_rebalance("on_revoke", taken)
        if given or not taken:
            self._tell_rebalance("on_assign", given)

    def _tell_rebalance(self, callback: str, partitions: list[int]) -> None:
        self._rebalances_due += 1
        self._tell(lambda: self._rebalance(callback, partitions))

    def _rebalance(self, callback: str, partitions: list[int]) -> None:
        self._broker.note(f"{self._process} {callback} {self._topic} {partitions}")
        began, read_to = self._loop.time(), dict(self._positions)
        self._callbacks[callback](self, [TopicPartition(self._topic, one) for one in partitions])
        if callback == "on_revoke":
            waited_s = self._loop.time() - began
            self._broker.promises.waited(self._process, self._topic, partitions, waited_s)
        is_sound = not (self._is_closing or self._is_away or self._broker.fault_rate)
        # Of who has been thrown out meanwhile the group takes no commit.
        if callback == "on_revoke" and is_sound and self._group.knows(self._member_id):
            for one in partitions:
                waited_s = self._loop.time() - began
                self._broker.promises.revoked(self._process, self._topic, one, waited_s, read_to[one])
        self._rebalances_due -= 1
        if self._rebalances_due > 0 or self._is_closing:
            return
        self._is_rebalancing = False
        if not self._member_id:
            self._lose()
        elif callback == "on_revoke":
            self._must_join = True
            self._later(self._latency_s(), self._join_again)

    def _join_again(self) -> None:
        """What was taken is given back: its next owner may have it."""
        if self._must_join and not self._is_away and self._member_id and not self._is_rebalancing:
            self._join()

    def _tell(self, event: Callable[[], None]) -> None:
        self._events.append(event)
        self._news.set()
