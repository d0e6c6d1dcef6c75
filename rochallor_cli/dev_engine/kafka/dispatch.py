"""Kafka dispatch of one engine: the broker, embedded or not, its topics, and the relay."""

from __future__ import annotations

import asyncio

from rochallor_cli.dev_engine.errors import DevEngineError, DevEngineSettingsError
from rochallor_cli.dev_engine.kafka.capacity import Capacity
from rochallor_cli.dev_engine.kafka.dispatch_record import topic_of
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker, EmbeddedBrokerError
from rochallor_cli.dev_engine.kafka.publisher import Publisher, PublisherError
from rochallor_cli.dev_engine.kafka.relay import Relay
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork

PARTITIONS = 4


class KafkaDispatch:
    """Lives on the engine's loop."""

    def __init__(self, resources: Resources, work: UnitOfWork) -> None:
        self._resources = resources
        self._work = work
        self._embedded: EmbeddedBroker | None = None
        self._relay: Relay | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_definition = 0

    async def start(self) -> str:
        """Begin to publish; return the brokers' addresses. DevEngineError when that cannot be."""
        brokers = self._resources.config.brokers
        capacity = None
        if not brokers:
            brokers = await self._start_broker()
            capacity = Capacity(self._resources.store.outbox.is_open_job)
            await self._work.do(lambda: self._resources.store.outbox.add_open_jobs(self._resources.new_id))
        published = capacity.published if capacity else None
        self._relay = Relay(self._resources, self._work, self._publisher(brokers), published=published)
        self._task = asyncio.get_running_loop().create_task(self._relay.run())
        self.committed()
        return brokers

    def committed(self) -> None:
        """Something was committed: there may be jobs to publish, and definitions with new job types."""
        if self._relay is not None:
            self._create_topics()
            self._relay.wake()

    async def stop(self) -> None:
        """Stop publishing, and end the broker if it is ours."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.close)

    def _publisher(self, brokers: str) -> Publisher:
        try:
            return Publisher(brokers, self._resources.config.kafka_config)
        except PublisherError as error:
            raise DevEngineSettingsError(str(error)) from error

    async def _start_broker(self) -> str:
        self._embedded = EmbeddedBroker()
        try:
            await asyncio.to_thread(self._embedded.start)
        except EmbeddedBrokerError as error:
            raise DevEngineError(str(error)) from error
        return self._embedded.address

    def _create_topics(self) -> None:
        """Have the embedded broker know the topics of new definitions, so that workers find them."""
        if self._embedded is None:
            return
        for rowid, definition_id, version in self._resources.store.definitions.added_after(
            self._last_definition
        ):
            self._last_definition = rowid
            definition = self._resources.definition(definition_id, version)
            assert definition is not None
            for job_type in sorted({step.job_type for step in definition.steps if step.job_type}):
                self._embedded.create_topic(topic_of(job_type), partitions=PARTITIONS)
