"""SimulatedProducer: what the worker uses of confluent-kafka's Producer, for records that nobody can read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from simulation.broker import SimulatedBroker
from simulation.threads import sleep

AGAIN_S = 0.5


class SimulatedProducer:
    """Tries until the brokers have what was produced, and tells of it in `poll` and `flush`, as librdkafka does."""

    def __init__(self, broker: SimulatedBroker, *, is_cut: Callable[[], bool]) -> None:
        self._loop = asyncio.get_running_loop()
        # Of its process, whose callbacks these are.
        self._context = copy_context()
        self._broker = broker
        self._is_cut = is_cut
        self._delivered: deque[Callable[[Any, Any], None]] = deque()
        self._under_way = 0

    def produce(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        *,
        headers: list[tuple[str, bytes]],
        on_delivery: Callable[[Any, Any], None],
    ) -> None:
        said = {name: text.decode() for name, text in headers if name.startswith("dead-letter-")}
        place = said["dead-letter-topic"], int(said["dead-letter-partition"]), int(said["dead-letter-offset"])
        self._under_way += 1
        self._later(self._broker.random.uniform(0.001, 0.05), place, on_delivery)

    def poll(self, timeout: float) -> None:
        while self._delivered:
            self._delivered.popleft()(None, None)

    def flush(self, timeout: float) -> None:
        until = self._loop.time() + timeout
        while self._under_way and self._loop.time() < until:
            sleep(0.05)
        self.poll(0)

    def _later(self, delay_s: float, *arguments: Any) -> None:
        self._loop.call_later(delay_s, self._try, *arguments, context=self._context)

    def _try(self, place: tuple[str, int, int], on_delivery: Callable[[Any, Any], None]) -> None:
        if self._broker.is_down or self._is_cut():
            self._later(AGAIN_S, place, on_delivery)
            return
        topic, partition, offset = place
        self._broker.logs(topic)[partition].dead_letters.add(offset)
        self._under_way -= 1
        self._delivered.append(on_delivery)
