"""The relay: publishes the jobs in the outbox and forgets those a broker has taken.

At least once: an entry whose delivery is unknown is published again, with the same dedup id. Brokers may be
away at any time; what waits stays in the outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from rochallor_cli.dev_engine.kafka.publisher import Taken
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork
from rochallor_cli.dev_engine.store.outbox import PendingDispatch

logger = logging.getLogger("rochallor_cli.dev_engine")

BATCH = 500
RETRY_S = 0.5


class Publishes(Protocol):
    """Publishes a batch and waits for what comes of it."""

    def publish(self, records: list[DispatchRecord], /) -> Taken:
        """Which records were taken."""


class Relay:
    """Runs on the engine's loop; `wake` it after every commit."""

    def __init__(
        self,
        resources: Resources,
        work: UnitOfWork,
        publisher: Publishes,
        *,
        published: Callable[[DispatchRecord, int], None] | None = None,
    ) -> None:
        self._resources = resources
        self._work = work
        self._publisher = publisher
        self._published = published
        self._due = asyncio.Event()

    def wake(self) -> None:
        """There may be something in the outbox."""
        self._due.set()

    async def run(self) -> None:
        """Publish what comes, for ever."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                while await self.publish_batch():
                    pass
            except Exception:  # the relay outlives whatever the broker or store does
                logger.exception("the outbox could not be published; it is tried again")
                await self._try_again_later()

    async def publish_batch(self) -> bool:
        """Publish the oldest entries; whether there may be more to publish right now."""
        pending = self._resources.store.outbox.pending(BATCH)
        if not pending:
            return False
        records = [record_of(entry) for entry in pending]
        taken = await asyncio.to_thread(self._publisher.publish, records)
        done = [
            entry.seq
            for entry, partition in zip(pending, taken.partitions, strict=True)
            if partition is not None
        ]
        if done:
            await self._work.do(lambda: self._resources.store.outbox.forget(done))
        self._tell(records, taken)
        if len(done) == len(pending):
            return True
        await self._try_again_later()
        return False

    def _tell(self, records: list[DispatchRecord], taken: Taken) -> None:
        for record, partition in zip(records, taken.partitions, strict=True):
            if partition is not None and self._published is not None:
                self._published(record, partition)

    async def _try_again_later(self) -> None:
        await asyncio.sleep(RETRY_S)
        self.wake()


def record_of(entry: PendingDispatch) -> DispatchRecord:
    """What is published for an entry of the outbox."""
    return DispatchRecord(
        dedup_id=entry.dedup_id,
        job_id=entry.job_id,
        instance_id=entry.instance_id,
        step_execution_id=entry.execution_id,
        job_type=entry.job_type,
        retries_remaining=entry.retries_remaining,
        payload=entry.variables.text.encode(),
        created_at_ns=entry.created_ns,
    )
